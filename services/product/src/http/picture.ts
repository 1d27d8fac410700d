import { createHash } from 'node:crypto';

/** What stands in the middle of the picture, by category; anything else gets a parcel. */
const shapes: Readonly<Record<string, string>> = {
  tea: '<path d="M110 150h140v50a60 60 0 0 1-60 60h-20a60 60 0 0 1-60-60z"/><path d="M250 165h20a25 25 0 0 1 0 50h-22" fill="none" stroke-width="12"/><path d="M150 130q-10-20 0-40M180 130q-10-20 0-40M210 130q-10-20 0-40" fill="none" stroke-width="8"/>',
  spices: '<path d="M90 260q90 50 180 0l-18-60H108z"/><path d="M120 195q60-120 120 0z"/>',
  ceramics: '<path d="M150 80h60v30q50 30 50 90 0 70-80 70t-80-70q0-60 50-90z"/>',
  textiles:
    '<path d="M90 100h180v160H90z"/><path d="M90 140h180M90 180h180M90 220h180" fill="none" stroke="#fff" stroke-width="8"/>',
  lamps: '<path d="M180 60v40" fill="none" stroke-width="10"/><path d="M130 100h100l30 80-80 90-80-90z"/>',
  leather:
    '<rect x="95" y="130" width="170" height="130" rx="18"/><path d="M140 130v-20a40 40 0 0 1 80 0v20" fill="none" stroke-width="12"/>',
};
const parcel =
  '<path d="M100 130h160v130H100z"/><path d="M180 130v130M100 170h160" fill="none" stroke="#fff" stroke-width="8"/>';

/** A drawn picture of a product, the same each time: its category's shape in a colour of its SKU. */
export function pictureOf(product: { sku: string; name: string; category: string }): string {
  const hue = (createHash('sha256').update(product.sku).digest().readUInt16BE(0) * 360) / 65_536;
  const ink = `hsl(${hue.toFixed(0)} 45% 38%)`;
  const shape = shapes[product.category.toLowerCase()] ?? parcel;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 360 360" role="img" aria-label="${escape(product.name)}">
<rect width="360" height="360" fill="hsl(${hue.toFixed(0)} 55% 92%)"/>
<circle cx="180" cy="180" r="140" fill="hsl(${hue.toFixed(0)} 60% 85%)"/>
<g fill="${ink}" stroke="${ink}" stroke-linejoin="round">${shape}</g>
</svg>
`;
}

const escape = (text: string): string =>
  text.replace(/[&<>"']/g, (character) => `&#${String(character.charCodeAt(0))};`);

import type { Setup } from './peer.js';

/** The URL of something that the benchmark started. @throws when this benchmark starts no such thing */
export function placeIn({ places }: Setup, name: string): string {
  const place = places?.[name];
  if (place === undefined) throw new Error(`This benchmark has no ${name}.`);
  return place;
}

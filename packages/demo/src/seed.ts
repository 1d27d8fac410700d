import { createRegistryClient } from '@souk/comms/discovery';
import { callShop, ShopError, signIn } from './api/shop-client.js';
import { catalogue, type SeedProduct } from './catalogue.js';

/** Where `system` looks for the word that seeding is done. */
const seededKey = 'souk/seeded';
const atOnce = 6;

/**
 * Fills the catalogue with what is missing, through the public API, then tells the registry that it is done. Running
 * it again changes nothing. @returns how many products it made
 */
export async function seed(target: {
  url: string;
  registryUrl: string;
  /** An operator's, where the registry asks for tokens. */
  registryToken?: string;
  adminPassword: string;
}): Promise<number> {
  const { url } = target;
  const token = await signIn(url, 'admin@souk.test', target.adminPassword);
  const present = await skusOf(url);
  const missing = catalogue.filter(({ sku }) => !present.has(sku));
  const queue = [...missing];
  const worker = async (): Promise<void> => {
    for (let next = queue.shift(); next; next = queue.shift()) await addProduct({ url, token }, next);
  };
  await Promise.all(Array.from({ length: atOnce }, worker));

  const registry = createRegistryClient(target.registryUrl, target.registryToken);
  await registry.writeKey(seededKey, new Date().toISOString());
  await registry.close();
  return missing.length;
}

async function skusOf(url: string): Promise<Set<string>> {
  const skus = new Set<string>();
  let cursor: string | null = '';
  while (cursor !== null) {
    const query = cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`;
    const page: { items: { sku: string }[]; nextCursor: string | null } = await callShop(url, {
      method: 'GET',
      path: `/api/products?limit=100&sort=newest${query}`,
    });
    for (const { sku } of page.items) skus.add(sku);
    cursor = page.nextCursor;
  }
  return skus;
}

async function addProduct(
  { url, token }: { url: string; token: string },
  product: SeedProduct,
): Promise<void> {
  const { onHand, ...body } = product;
  try {
    const { id } = await callShop<{ id: string }>(url, {
      method: 'POST',
      path: '/api/products',
      token,
      body,
    });
    await callShop(url, { method: 'PUT', path: `/api/products/${id}/stock`, token, body: { onHand } });
  } catch (error) {
    // Somebody else seeds at the same time.
    if (!(error instanceof ShopError && error.code === 'already_exists')) throw error;
  }
}

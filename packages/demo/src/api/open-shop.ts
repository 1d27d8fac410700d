import type { RunningSystem } from '@souk/local';
import { catalogue } from '../catalogue.js';
import { seed } from '../seed.js';
import { callShop, signIn } from './shop-client.js';

export interface Account {
  readonly email: string;
  readonly password: string;
}

/** A shop whose shelves never run empty, and customers who have an account. */
export interface Shop {
  readonly productIds: readonly string[];
  readonly accounts: readonly Account[];
}

/** An access token for each account, in their order. */
export const tokensOf = (url: string, accounts: readonly Account[]): Promise<string[]> =>
  Promise.all(accounts.map(({ email, password }) => signIn(url, email, password)));

const plenty = 100_000_000;
const password = 'a password for the load';

/** Fills the catalogue of a fresh system and registers so many customers. @throws ShopError when it is refused */
export async function openShop(system: RunningSystem, customers: number): Promise<Shop> {
  const { url, registryUrl, secrets } = system;
  const { adminPassword, registryOperatorToken: registryToken } = secrets;
  await seed({ url, registryUrl, registryToken, adminPassword });
  const token = await signIn(url, 'admin@souk.test', adminPassword);
  const { items } = await callShop<{ items: { id: string }[] }>(url, {
    method: 'GET',
    path: '/api/products?limit=100',
  });
  const productIds = items.slice(0, catalogue.length).map(({ id }) => id);
  for (const id of productIds)
    await callShop(url, {
      method: 'PUT',
      path: `/api/products/${id}/stock`,
      token,
      body: { onHand: plenty },
    });
  const accounts = Array.from({ length: customers }, (_, index) => ({
    email: `load-${String(index)}@souk.test`,
    password,
  }));
  // One after the other: hashing passwords is work that a service does little of at once.
  for (const account of accounts)
    await callShop(url, { method: 'POST', path: '/api/users', body: { ...account, name: 'Load' } });
  return { productIds, accounts };
}

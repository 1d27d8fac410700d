import { randomUUID } from 'node:crypto';
import { Pool } from 'undici';
import { onePiece, orderBody } from '../api/order-body.js';

export interface Placed {
  readonly id: string;
  readonly postMs: number;
  readonly placedAtMs: number;
}

/** Tells when an order is paid. */
export type UntilPaid = (orderId: string) => Promise<number>;

export interface LoadResult {
  readonly placedPerSecond: number;
  readonly paidPerSecond: number;
  readonly postMs: number[];
  readonly placedToPaidMs: number[];
  readonly refused: number;
}

/**
 * Customers who each place an order, wait until it is paid, and place the next: a closed loop.
 * @param load.tokens access tokens, shared out among the customers
 */
export async function runCustomers(load: {
  url: string;
  customers: number;
  seconds: number;
  tokens: readonly string[];
  productIds: readonly string[];
  untilPaid: UntilPaid;
}): Promise<LoadResult> {
  const pool = new Pool(load.url, { connections: load.customers, pipelining: 1 });
  const result = { postMs: [] as number[], placedToPaidMs: [] as number[], refused: 0 };
  const startedAt = performance.now();
  const endAt = startedAt + load.seconds * 1000;

  const customer = async (index: number): Promise<void> => {
    const token = load.tokens[index % load.tokens.length] ?? '';
    for (let turn = 0; performance.now() < endAt; turn += 1) {
      const productId = load.productIds[(index * 7 + turn) % load.productIds.length] ?? '';
      const placed = await placeOrder(pool, token, productId);
      if (!placed) {
        result.refused += 1;
        continue;
      }
      result.postMs.push(placed.postMs);
      const paidAtMs = await load.untilPaid(placed.id);
      result.placedToPaidMs.push(paidAtMs - placed.placedAtMs);
    }
  };
  await Promise.all(Array.from({ length: load.customers }, (_, index) => customer(index)));
  const seconds = (performance.now() - startedAt) / 1000;
  await pool.close();
  return {
    ...result,
    placedPerSecond: result.postMs.length / seconds,
    paidPerSecond: result.placedToPaidMs.length / seconds,
  };
}

/** @returns undefined when the order was refused */
export async function placeOrder(pool: Pool, token: string, productId: string): Promise<Placed | undefined> {
  const startedAt = performance.now();
  const answer = await pool.request({
    method: 'POST',
    path: '/api/orders',
    headers: {
      'content-type': 'application/json',
      authorization: `Bearer ${token}`,
      'idempotency-key': randomUUID(),
    },
    body: JSON.stringify(orderBody(onePiece(productId))),
  });
  const body = (await answer.body.json()) as { id: string };
  if (answer.statusCode !== 201) return undefined;
  return { id: body.id, postMs: performance.now() - startedAt, placedAtMs: Date.now() };
}

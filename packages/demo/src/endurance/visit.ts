import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { oneOf, type Random } from '@souk/testkit';
import { onePiece, orderBody } from '../api/order-body.js';
import type { Asks } from './asks.js';
import type { Session } from './session.js';

/** A crowd of customers, and the shop they visit. */
export interface Crowd {
  readonly asks: Asks;
  readonly customers: readonly Session[];
  readonly admin: Session;
  readonly productIds: readonly string[];
  readonly random: Random;
}

interface Order {
  readonly id: string;
  readonly status: string;
  readonly payment: { readonly id: string };
}

const searches = ['lamp', 'tea', 'glass', 'wool', 'leather'];
const shelves = ['tea', 'spices', 'ceramics', 'textiles', 'lamps', 'leather'];
const lookEveryMs = 250;
const endsWithinMs = 60_000;
/** The share of visits with a declined card, that end in a cancelled order, and that are refunded. */
const shares = { declined: 0.05, cancelled: 0.05, refunded: 0.05 };

/**
 * One visit: a look around, an order, and looking at it until it is paid or cancelled; some customers have a card that
 * is declined, cancel, or want their money back. Failures are counted, and never thrown.
 * @param index whose turn it is
 */
export async function visit(crowd: Crowd, index: number): Promise<void> {
  const { asks, random } = crowd;
  const token = await crowd.customers[index % crowd.customers.length]?.token();
  if (token === undefined) return;
  const productId = await lookAround(crowd);
  const isDeclined = random() < shares.declined;
  const placed = await asks.ask<Order>({
    kind: 'place',
    target: 'POST /api/orders',
    expect: [201],
    token,
    idempotencyKey: randomUUID(),
    body: orderBody(onePiece(productId), isDeclined ? 'tok_declined' : 'tok_visa'),
  });
  if (!placed) return;
  if (random() < shares.cancelled)
    await asks.ask({
      kind: 'cancel',
      target: `POST /api/orders/${placed.body.id}/cancel`,
      // It may be paid or declined by then.
      expect: [202, 409],
      token,
      idempotencyKey: randomUUID(),
    });
  const ended = await untilEnded(asks, { id: placed.body.id, token });
  if (ended?.status === 'paid' && random() < shares.refunded) await refund(crowd, ended);
  await asks.ask({ kind: 'own orders', target: 'GET /api/orders?limit=5', expect: [200], token });
}

/** @returns what pleased the customer */
async function lookAround({ asks, random, productIds }: Crowd): Promise<string> {
  const productId = oneOf(random, productIds);
  const shelf = oneOf(random, shelves);
  const word = oneOf(random, searches);
  await asks.ask({ kind: 'browse', target: `GET /api/products?category=${shelf}&sort=price`, expect: [200] });
  await asks.ask({ kind: 'search', target: `GET /api/products?search=${word}`, expect: [200] });
  await asks.ask({ kind: 'product', target: `GET /api/products/${productId}`, expect: [200] });
  return productId;
}

async function untilEnded(
  asks: Asks,
  { id, token }: { id: string; token: string },
): Promise<Order | undefined> {
  const giveUpAt = performance.now() + endsWithinMs;
  while (performance.now() < giveUpAt) {
    await delay(lookEveryMs);
    const read = await asks.ask<Order>({
      kind: 'own order',
      target: `GET /api/orders/${id}`,
      expect: [200],
      token,
    });
    if (read?.body.status === 'paid' || read?.body.status === 'cancelled') return read.body;
  }
  asks.fail(`order ${id} was neither paid nor cancelled within ${String(endsWithinMs / 1000)} s`);
  return undefined;
}

async function refund({ asks, admin }: Crowd, order: Order): Promise<void> {
  const token = await admin.token();
  if (token === undefined) return;
  await asks.ask({
    kind: 'refund',
    target: `POST /api/payments/${order.payment.id}/refunds`,
    expect: [201],
    token,
    idempotencyKey: randomUUID(),
    body: { reason: 'Changed my mind.' },
  });
}

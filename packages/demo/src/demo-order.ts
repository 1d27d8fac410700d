import { randomBytes, randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { orderBody } from './api/order-body.js';
import { orderSteps, type OrderStep } from './api/event-stream.js';
import { callShop, ShopError, signIn } from './api/shop-client.js';
import { hopsOf, type Hop } from './hops.js';
import { tableOf } from './table.js';

export type DemoKind = 'paid' | 'decline' | 'lost-answer' | 'out-of-stock';

const tokens: Readonly<Record<DemoKind, string>> = {
  paid: 'tok_visa',
  decline: 'tok_declined',
  'lost-answer': 'tok_lost',
  'out-of-stock': 'tok_visa',
};

/** The last step to wait for: what product does once the order has ended. */
const lastSteps = ['StockCommitted', 'StockReleased'];
const patienceMs = 40_000;

export interface DemoTarget {
  readonly url: string;
  /** What carries the events, for the table: `kafka` or `local`. */
  readonly events: string;
  readonly alicePassword: string;
  readonly print: (text: string) => void;
}

export interface DemoResult {
  readonly orderId: string | undefined;
  readonly status: string;
  readonly hops: readonly Hop[];
}

interface Product {
  readonly id: string;
  readonly name: string;
  readonly available: number;
}

/** Places an order as alice and prints each hop that it takes, until its stock has left or is free again. */
export async function runDemoOrder(target: DemoTarget, kind: DemoKind = 'paid'): Promise<DemoResult> {
  const { url, print } = target;
  const token = await signIn(url, 'alice@souk.test', target.alicePassword);
  const product = await chooseProduct(url, kind);
  const quantity = kind === 'out-of-stock' ? Math.min(1000, product.available + 1) : 1;
  print(`\nAlice orders ${String(quantity)} × ${product.name}, paying with ${tokens[kind]}.`);

  const startedAt = Date.now();
  const traceparent = `00-${randomBytes(16).toString('hex')}-${randomBytes(8).toString('hex')}-01`;
  const placed = await place({
    url,
    token,
    traceparent,
    body: orderBody([{ productId: product.id, quantity }], tokens[kind]),
  });
  if (placed instanceof ShopError) {
    print(
      `Refused at once: ${String(placed.status)} ${placed.code}: ${placed.message} Nothing was reserved.`,
    );
    return { orderId: undefined, status: placed.code, hops: [] };
  }
  const answeredAt = Date.now();
  const steps = await follow({ url, token, orderId: placed.id });
  const hops = hopsOf(steps, { startedAt, answeredAt, events: target.events });
  const status = steps.filter(({ service }) => service === 'order').at(-1)?.status ?? placed.status;
  const before = await stockOf(url, product.id);
  print(tableOf(hops));
  print(`Order ${placed.id} is ${status}; ${String(before)} of ${product.name} are left to buy.`);
  return { orderId: placed.id, status, hops };
}

async function chooseProduct(url: string, kind: DemoKind): Promise<Product> {
  const { items } = await callShop<{ items: Product[] }>(url, {
    method: 'GET',
    path: '/api/products?limit=100&sort=price',
  });
  const wanted = items.filter(({ available }) =>
    kind === 'out-of-stock' ? available < 1000 : available > 0,
  );
  const product = wanted[Math.floor(wanted.length / 2)];
  if (!product) throw new Error('The catalogue has nothing to order: it is empty or sold out.');
  return product;
}

async function place(order: {
  url: string;
  token: string;
  traceparent: string;
  body: unknown;
}): Promise<{ id: string; status: string } | ShopError> {
  const { url, token, traceparent, body } = order;
  const request = {
    method: 'POST',
    path: '/api/orders',
    token,
    traceparent,
    idempotencyKey: randomUUID(),
    body,
  } as const;
  return callShop<{ id: string; status: string }>(url, request).catch((error: unknown) => {
    if (error instanceof ShopError && error.code === 'out_of_stock') return error;
    throw error;
  });
}

async function follow({
  url,
  token,
  orderId,
}: {
  url: string;
  token: string;
  orderId: string;
}): Promise<OrderStep[]> {
  const stop = new AbortController();
  const steps: OrderStep[] = [];
  const reading = (async () => {
    for await (const step of orderSteps(url, { id: orderId, token, signal: stop.signal })) {
      steps.push(step);
      if (lastSteps.includes(step.type)) return;
    }
  })();
  const late = delay(patienceMs, 'late', { signal: stop.signal }).catch(() => undefined);
  const first = await Promise.race([reading, late]);
  stop.abort();
  if (first === 'late')
    throw new Error(`Order ${orderId} did not end within ${String(patienceMs / 1000)} s.`);
  return steps;
}

async function stockOf(url: string, productId: string): Promise<number> {
  const product = await callShop<Product>(url, { method: 'GET', path: `/api/products/${productId}` });
  return product.available;
}

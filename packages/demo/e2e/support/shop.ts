import { randomUUID } from 'node:crypto';
import {
  adminToken,
  call,
  expectStatus,
  until,
  type ApiAnswer,
  type ApiRequest,
  type System,
} from '@souk/testkit';

export interface Money {
  readonly amount: number;
  readonly currency: string;
}

export interface Product {
  readonly id: string;
  readonly sku: string;
  readonly name: string;
  readonly category: string;
  readonly price: Money;
  readonly available: number;
  readonly version: number;
}

export interface Order {
  readonly id: string;
  readonly customerId: string;
  readonly status: string;
  readonly items: readonly {
    productId: string;
    sku: string;
    name: string;
    unitPrice: Money;
    quantity: number;
    lineTotal: Money;
  }[];
  readonly total: Money;
  readonly payment: { readonly id: string; readonly status: string };
  readonly history: readonly { status: string; at: string; reason: string | null }[];
  readonly version: number;
}

export interface Payment {
  readonly id: string;
  readonly orderId: string;
  readonly amount: Money;
  readonly status: string;
  readonly captured: Money;
  readonly refunded: Money;
  readonly attempts: number;
}

export interface Page<T> {
  readonly items: T[];
  readonly nextCursor: string | null;
}

export const euros = (amount: number): Money => ({ amount, currency: 'EUR' });

export const address = {
  name: 'Ada',
  line1: '1 Bazaar Street',
  city: 'Berlin',
  postalCode: '10115',
  country: 'DE',
} as const;

/** The body of an order for one product. */
export const orderOf = (productId: string, quantity = 1, token = 'tok_visa') => ({
  items: [{ productId, quantity }],
  paymentMethod: { token },
  shippingAddress: address,
});

/** Puts something new on the shelf. @returns its id */
export async function stocked(system: System, onHand: number, price = 1000): Promise<string> {
  const token = await adminToken(system);
  const body = {
    sku: randomUUID(),
    name: `Thing ${randomUUID()}`,
    description: 'Made by a test.',
    category: 'tests',
    price: euros(price),
  };
  const made = await expectStatus(201, call<Product>(system.url, 'POST /api/products', { token, body }));
  const { id } = made.body;
  await expectStatus(200, call(system.url, `PUT /api/products/${id}/stock`, { token, body: { onHand } }));
  return id;
}

/** Sends an order, by default under a key of its own. */
export const send = (
  system: System,
  request: Pick<ApiRequest, 'token' | 'body' | 'idempotencyKey' | 'headers'>,
): Promise<ApiAnswer<Order>> =>
  call<Order>(system.url, 'POST /api/orders', { idempotencyKey: randomUUID(), ...request });

export const place = (system: System, token: string, body: unknown): Promise<ApiAnswer<Order>> =>
  send(system, { token, body });

/** Places an order that has to be accepted. */
export async function placed(system: System, token: string, body: unknown): Promise<Order> {
  return (await expectStatus(201, place(system, token, body))).body;
}

/** As a client that does not give up: the same key until there is an answer, whatever crashes meanwhile. */
export async function placedInSpite(system: System, token: string, body: unknown): Promise<Order> {
  const idempotencyKey = randomUUID();
  return until(
    async () => {
      const answer = await send(system, { token, body, idempotencyKey });
      if (answer.status === 201) return answer.body;
      if (answer.status !== 409 && answer.status < 500)
        throw new Error(`It was refused: ${String(answer.status)}.`);
      throw new Error(`Not yet: ${String(answer.status)}.`);
    },
    { withinMs: 60_000, what: 'the order is accepted', everyMs: 250 },
  );
}

export async function orderUntil(
  system: System,
  order: { id: string; token: string; withinMs?: number },
  ...statuses: string[]
): Promise<Order> {
  let last = '';
  return until(
    async () => {
      const { body, status } = await call<Order>(system.url, `GET /api/orders/${order.id}`, {
        token: order.token,
      });
      last = status === 200 ? body.status : String(status);
      if (status === 200 && statuses.includes(body.status)) return body;
      throw new Error(`The order is ${last}.`);
    },
    {
      withinMs: order.withinMs ?? 20_000,
      what: `order ${order.id} is ${statuses.join(' or ')}`,
      everyMs: 100,
    },
  );
}

export async function paymentOf(
  system: System,
  token: string,
  orderId: string,
): Promise<Payment | undefined> {
  const { body } = await expectStatus(
    200,
    call<Page<Payment>>(system.url, `GET /api/payments?orderId=${orderId}`, { token }),
  );
  return body.items[0];
}

export const paymentUntil = (
  system: System,
  of: { orderId: string; token: string; withinMs?: number; what: string },
  isSo: (payment: Payment) => boolean,
): Promise<Payment> =>
  until(
    async () => {
      const payment = await paymentOf(system, of.token, of.orderId);
      if (payment && isSo(payment)) return payment;
      throw new Error(`The payment is ${JSON.stringify(payment ?? null)}.`);
    },
    { withinMs: of.withinMs ?? 20_000, what: `the payment of ${of.orderId} ${of.what}`, everyMs: 100 },
  );

export async function availableOf(system: System, productId: string): Promise<number> {
  return (await expectStatus(200, call<Product>(system.url, `GET /api/products/${productId}`))).body
    .available;
}

export const availableUntil = (system: System, productId: string, wanted: number): Promise<true> =>
  until(
    async () => {
      const available = await availableOf(system, productId);
      if (available === wanted) return true;
      throw new Error(`It is ${String(available)}.`);
    },
    { withinMs: 20_000, what: `${String(wanted)} of ${productId} are available`, everyMs: 100 },
  );

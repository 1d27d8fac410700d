import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { call, expectProblem, expectStatus, need, newPerson, openSystem, until } from '@souk/testkit';
import { expectInvariants } from './support/invariants.js';
import {
  availableUntil,
  orderOf,
  orderUntil,
  paymentUntil,
  placed,
  stocked,
  type Order,
  type Payment,
} from './support/shop.js';

const system = await openSystem();
const { url } = system;

let token: string;

beforeAll(async () => {
  token = (await newPerson(system)).accessToken;
});

afterAll(() => expectInvariants(system));

async function ordered(payWith: string): Promise<{ product: string; order: Order }> {
  const product = await stocked(system, 3);
  return { product, order: await placed(system, token, orderOf(product, 2, payWith)) };
}

const ends = (order: Order, ...statuses: string[]): Promise<Order> =>
  orderUntil(system, { id: order.id, token, withinMs: 25_000 }, ...statuses);

const payment = (order: Order, what: string, isSo: (payment: Payment) => boolean): Promise<Payment> =>
  paymentUntil(system, { orderId: order.id, token, what }, isSo);

const confirm = (id: string, idempotencyKey: string = randomUUID()) =>
  call<Payment>(url, `POST /api/payments/${id}/confirm`, { token, idempotencyKey });

const cancel = (id: string) =>
  call<Order>(url, `POST /api/orders/${id}/cancel`, { token, idempotencyKey: randomUUID() });

/** All that was taken was given back, or nothing was taken. */
const isZero = ({ status, captured, refunded }: Payment): boolean =>
  captured.amount === refunded.amount && ['voided', 'declined', 'refunded'].includes(status);

describe('an order ends', () => {
  it.each(['tok_visa', 'tok_mastercard'])('paid with %s', async (payWith) => {
    const { product, order } = await ordered(payWith);
    const paid = await ends(order, 'paid');
    expect(paid.history.map(({ status }) => status)).toEqual(['pending', 'confirmed', 'paid']);
    const captured = await payment(order, 'is captured', ({ status }) => status === 'captured');
    expect(captured).toMatchObject({ captured: order.total, refunded: { amount: 0 } });
    await availableUntil(system, product, 1);
  });

  it.each(['tok_declined', 'tok_insufficient_funds', 'tok_risky'])(
    'cancelled with %s, and its stock is free again',
    async (payWith) => {
      const { product, order } = await ordered(payWith);
      const cancelled = await ends(order, 'cancelled');
      expect(cancelled.history.at(-1)).toMatchObject({ status: 'cancelled', reason: expect.any(String) });
      expect(await payment(order, 'is declined', ({ status }) => status === 'declined')).toMatchObject({
        captured: { amount: 0 },
      });
      await availableUntil(system, product, 3);
    },
  );

  it('paid when the provider is slow', async () => {
    const { order } = await ordered('tok_slow');
    await ends(order, 'paid');
  });

  it('paid when the provider fails twice', async () => {
    const { order } = await ordered('tok_flaky');
    await ends(order, 'paid');
  });

  it("paid when the provider's answer never arrives: payment asks by its own key", async () => {
    const { order } = await ordered('tok_lost');
    const asked = payment(
      order,
      'is unknown',
      ({ status, attempts }) => status === 'unknown' || attempts > 1,
    );
    await ends(order, 'paid');
    await asked;
    expect(await payment(order, 'is captured', ({ status }) => status === 'captured')).toMatchObject({
      captured: order.total,
    });
  });
});

describe('an order that needs its customer', () => {
  it('is paid once they confirm, whatever often they say so', async () => {
    const { order } = await ordered('tok_3ds');
    const waiting = await payment(order, 'needs action', ({ status }) => status === 'requires_action');
    await expectProblem(
      call(url, `POST /api/payments/${waiting.id}/confirm`, { token }),
      'idempotency_key_missing',
    );
    const key = randomUUID();
    const first = await expectStatus(200, confirm(waiting.id, key));
    expect((await expectStatus(200, confirm(waiting.id, key))).body).toEqual(first.body);
    await ends(order, 'paid');
  });

  it('cannot be confirmed once it is cancelled', async () => {
    const { product, order } = await ordered('tok_3ds');
    const waiting = await payment(order, 'needs action', ({ status }) => status === 'requires_action');
    await expectStatus(202, cancel(order.id));
    await payment(order, 'is voided', isZero);
    const late = await confirm(waiting.id);
    expect([200, 409]).toContain(late.status);
    if (late.status === 409) await expectProblem(late, 'conflict');
    expect(await payment(order, 'stays voided', isZero)).toMatchObject({ captured: { amount: 0 } });
    await availableUntil(system, product, 3);
  });
});

describe('an order cancelled while it is being paid', () => {
  it.each(['tok_slow', 'tok_visa', 'tok_lost', 'tok_flaky'])('nets to zero with %s', async (payWith) => {
    const { product, order } = await ordered(payWith);
    const answer = await cancel(order.id);
    if (answer.status === 409) {
      await ends(order, 'paid');
      return;
    }
    expect(answer.status).toBe(202);
    await ends(order, 'cancelled');
    await payment(order, 'nets to zero', isZero);
    await availableUntil(system, product, 3);
  });
});

const withSettings = need(system, 'failpoint') ? describe : describe.skip;
withSettings('an order out of time', () => {
  it('is cancelled, its payment voided, and its stock free again', async () => {
    await system.control.restart('order-1', {
      ORDER_DEADLINE_SECONDS: '1',
      ORDER_ACTION_DEADLINE_SECONDS: '2',
    });
    try {
      const [slow, unconfirmed] = [await ordered('tok_slow'), await ordered('tok_3ds')];
      for (const { order, product } of [slow, unconfirmed]) {
        const cancelled = await ends(order, 'cancelled');
        expect(cancelled.history.at(-1)?.reason).toEqual(expect.any(String));
        await payment(order, 'nets to zero', isZero);
        await availableUntil(system, product, 3);
      }
    } finally {
      await system.control.restart('order-1');
    }
    await until(async () => (await call(url, 'GET /api/orders', { token })).status === 200, {
      withinMs: 10_000,
      what: 'order answers again',
    });
  });
});

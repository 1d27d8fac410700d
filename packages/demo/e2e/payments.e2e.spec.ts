import { createHmac, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  adminToken,
  call,
  expectProblem,
  expectStatus,
  need,
  newPerson,
  openSystem,
  readPages,
  type Person,
} from '@souk/testkit';
import { expectInvariants } from './support/invariants.js';
import {
  euros,
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

let admin: string;
let anna: Person;
let thing: string;

beforeAll(async () => {
  [admin, anna, thing] = await Promise.all([
    adminToken(system),
    newPerson(system),
    stocked(system, 100, 1500),
  ]);
});

afterAll(() => expectInvariants(system));

async function paid(): Promise<{ order: Order; payment: Payment }> {
  const order = await placed(system, anna.accessToken, orderOf(thing, 2));
  await orderUntil(system, { id: order.id, token: anna.accessToken }, 'paid');
  return { order, payment: await settled(order.id, 'is captured', ({ status }) => status === 'captured') };
}

const settled = (orderId: string, what: string, isSo: (payment: Payment) => boolean): Promise<Payment> =>
  paymentUntil(system, { orderId, token: anna.accessToken, what }, isSo);

const refund = (id: string, body: unknown, idempotencyKey: string = randomUUID()) =>
  call<{ id: string }>(url, `POST /api/payments/${id}/refunds`, { token: admin, body, idempotencyKey });

describe('payments', () => {
  it('are read one by one and as a list', async () => {
    const { order, payment } = await paid();
    expect(payment).toMatchObject({
      id: order.payment.id,
      orderId: order.id,
      amount: euros(3000),
      captured: euros(3000),
      refunded: euros(0),
      attempts: expect.any(Number),
    });
    for (const token of [anna.accessToken, admin]) {
      const { body } = await expectStatus(
        200,
        call<Payment>(url, `GET /api/payments/${payment.id}`, { token }),
      );
      expect(body).toEqual(payment);
    }
    await paid();
    const pages = await readPages<Payment>(url, {
      path: '/api/payments',
      limit: 1,
      token: anna.accessToken,
    });
    expect(pages.length).toBeGreaterThanOrEqual(2);
    expect(new Set(pages.flat().map(({ id }) => id)).size).toBe(pages.length);
    for (const query of ['limit=0', 'limit=101', 'orderId=1', 'cursor=x', 'status=captured'])
      await expectProblem(
        call(url, `GET /api/payments?${query}`, { token: anna.accessToken }),
        'invalid_argument',
      );
    await expectProblem(
      call(url, `GET /api/payments/${randomUUID()}`, { token: anna.accessToken }),
      'not_found',
    );
    await expectProblem(call(url, 'GET /api/payments'), 'unauthenticated');
  });

  it('are confirmed only where that is asked for', async () => {
    const { payment } = await paid();
    const confirm = (id: string) =>
      call(url, `POST /api/payments/${id}/confirm`, {
        token: anna.accessToken,
        idempotencyKey: randomUUID(),
      });
    await expectProblem(confirm(payment.id), 'conflict');
    await expectProblem(confirm(randomUUID()), 'not_found');
  });
});

describe('refunds', () => {
  it('give back a part, then the rest, and never more than was taken', async () => {
    const { order, payment } = await paid();
    await expectStatus(201, refund(payment.id, { amount: euros(1000), reason: 'Scratched.' }));
    const partly = await settled(order.id, 'is refunded in part', ({ refunded }) => refunded.amount === 1000);
    expect(partly.status).toBe('captured');
    await expectProblem(refund(payment.id, { amount: euros(2001), reason: 'Too much.' }), 'conflict');
    await expectProblem(
      refund(payment.id, { amount: { amount: 1, currency: 'USD' }, reason: 'Other coin.' }),
      'conflict',
      'unprocessable',
    );
    const still = await call<Order>(url, `GET /api/orders/${order.id}`, { token: anna.accessToken });
    expect(still.body.status).toBe('paid');
    const rest = await expectStatus(201, refund(payment.id, { reason: 'All of it.' }));
    expect(rest.body).toMatchObject({ amount: euros(2000), status: 'pending' });
    await settled(order.id, 'is refunded', ({ status }) => status === 'refunded');
    await orderUntil(system, { id: order.id, token: anna.accessToken }, 'refunded');
    await expectProblem(refund(payment.id, { reason: 'Once more.' }), 'conflict');
  });

  it('happen once for one key, and not twice at the same moment', async () => {
    const { order, payment } = await paid();
    const key = randomUUID();
    const body = { amount: euros(500), reason: 'Late.' };
    const answers = await Promise.all(Array.from({ length: 10 }, () => refund(payment.id, body, key)));
    const made = answers.filter(({ status }) => status === 201);
    expect(made.length).toBeGreaterThan(0);
    expect(new Set(made.map((answer) => answer.body.id)).size).toBe(1);
    for (const answer of answers.filter(({ status }) => status !== 201))
      await expectProblem(answer, 'in_flight');
    await expectProblem(refund(payment.id, { reason: 'Another.' }, key), 'idempotency_key_reused');
    const full = await Promise.all(
      Array.from({ length: 6 }, () => refund(payment.id, { amount: euros(2500), reason: 'Rest.' })),
    );
    expect(full.filter(({ status }) => status === 201).length).toBe(1);
    for (const answer of full.filter(({ status }) => status !== 201))
      await expectProblem(answer, 'conflict', 'in_flight');
    await settled(order.id, 'is refunded', ({ refunded }) => refunded.amount === 3000);
  });

  it.each([
    ['nothing', undefined],
    ['no reason', { amount: euros(1) }],
    ['zero', { amount: euros(0), reason: 'x' }],
    ['a negative amount', { amount: euros(-5), reason: 'x' }],
    ['a fraction', { amount: euros(0.5), reason: 'x' }],
    ['text', { amount: { amount: '5', currency: 'EUR' }, reason: 'x' }],
    ['an unknown field', { reason: 'x', to: 'me' }],
  ])('are refused with %s', async (_what, body) => {
    await expectProblem(refund(randomUUID(), body), 'invalid_argument');
  });

  it('are an administrator’s, need a key, and a payment', async () => {
    const body = { reason: 'x' };
    const target = `POST /api/payments/${randomUUID()}/refunds` as const;
    await expectProblem(
      call(url, target, { token: anna.accessToken, body, idempotencyKey: randomUUID() }),
      'permission_denied',
    );
    await expectProblem(call(url, target, { token: admin, body }), 'idempotency_key_missing');
    await expectProblem(refund(randomUUID(), body), 'not_found');
  });
});

describe('the ledger', () => {
  interface Account {
    readonly id: string;
    readonly balance: { amount: number; currency: string };
  }
  interface Entry {
    readonly id: string;
    readonly transferId: string;
    readonly side: string;
    readonly amount: { amount: number; currency: string };
  }

  it('shows its accounts and their entries, each transfer in balance', async () => {
    await paid();
    const accounts = (
      await readPages<Account>(url, { path: '/api/accounts', limit: 1, token: admin })
    ).flat();
    expect(accounts.length).toBeGreaterThan(1);
    const perTransfer = new Map<string, number>();
    for (const { id } of accounts) {
      const path = `/api/accounts/${id}/entries`;
      const entries = (await readPages<Entry>(url, { path, limit: 100, token: admin })).flat();
      expect(new Set(entries.map((entry) => entry.id)).size).toBe(entries.length);
      for (const { transferId, side, amount } of entries)
        perTransfer.set(
          transferId,
          (perTransfer.get(transferId) ?? 0) + (side === 'debit' ? amount.amount : -amount.amount),
        );
    }
    expect(perTransfer.size).toBeGreaterThan(0);
    expect([...perTransfer.values()].filter((sum) => sum !== 0)).toEqual([]);
  });

  it('is for administrators', async () => {
    for (const path of ['/api/accounts', `/api/accounts/${randomUUID()}/entries`]) {
      await expectProblem(call(url, `GET ${path}`), 'unauthenticated');
      await expectProblem(call(url, `GET ${path}`, { token: anna.accessToken }), 'permission_denied');
    }
    await expectProblem(
      call(url, `GET /api/accounts/${randomUUID()}/entries`, { token: admin }),
      'not_found',
    );
    await expectProblem(call(url, 'GET /api/accounts?limit=0', { token: admin }), 'invalid_argument');
  });
});

describe("the provider's webhook", () => {
  const target = 'POST /api/payments/webhooks/provider';
  const seconds = (): number => Math.floor(Date.now() / 1000);
  const sign = (secret: string, body: string, at: number): string =>
    `t=${String(at)},v1=${createHmac('sha256', secret)
      .update(`${String(at)}.${body}`)
      .digest('hex')}`;
  const event = () => ({ id: randomUUID(), type: 'authorized', paymentId: randomUUID() });
  const post = (text: string, signature: string | undefined) =>
    call(url, target, {
      raw: { text, type: 'application/json' },
      headers: signature === undefined ? {} : { 'souk-signature': signature },
    });

  it('is refused when it is forged', async () => {
    const text = JSON.stringify({ events: [event()] });
    for (const signature of [
      undefined,
      '',
      'nonsense',
      sign('guessed', text, seconds()),
      `t=${String(seconds())},v1=${'0'.repeat(64)}`,
    ])
      await expectProblem(post(text, signature), 'unauthenticated');
  });

  const suite = need(system, 'sql') ? it : it.skip;
  suite('is taken when it is genuine, once or twice, but neither late, changed nor malformed', async () => {
    const secret = system.inside.webhookSecret;
    const text = JSON.stringify({ events: [event()] });
    for (let time = 0; time < 2; time += 1)
      expect(await post(text, sign(secret, text, seconds()))).toMatchObject({ status: 204, body: undefined });
    await expectProblem(post(text, sign(secret, text, seconds() - 400)), 'unauthenticated');
    await expectProblem(post(text, sign(secret, text, seconds() + 400)), 'unauthenticated');
    await expectProblem(post(`${text} `, sign(secret, text, seconds())), 'unauthenticated');
    for (const wrong of ['{', '[]', '{"events":[]}', '{"events":[{"id":1}]}'])
      await expectProblem(post(wrong, sign(secret, wrong, seconds())), 'invalid_argument');
  });
});

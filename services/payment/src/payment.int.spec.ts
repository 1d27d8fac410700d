import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { createHttpClient } from '@souk/comms/http';
import type { Service } from '@souk/comms/service';
import { createMetrics } from '@souk/comms/telemetry';
import { createApp } from './app.js';
import { createProviderClient } from './clients/provider-client.js';
import { createReconciliationReader } from './store/reconciliation-reader.js';
import { balancesOf, imbalance } from './testing/books.js';
import { eventually } from './testing/eventually.js';
import { apiKey, kindsAtProvider, startGround, type Ground } from './testing/ground.js';
import { openShop, type Shop, type TestOrder } from './testing/shop.js';

let ground: Ground;
let shop: Shop;
let app: Service;
let url: string;

beforeAll(async () => {
  ground = await startGround();
  app = await createApp(ground.config);
  const { httpPort } = await app.start();
  url = `http://127.0.0.1:${String(httpPort)}`;
  shop = await openShop(ground);
});

afterAll(async () => {
  await shop.stop();
  await app.stop();
  await ground.stop();
});

afterEach(async () => {
  expect(await imbalance(ground.pool)).toEqual([]);
});

interface Answer {
  readonly status: number;
  readonly body: Record<string, unknown>;
}

async function call(
  method: 'GET' | 'POST',
  path: string,
  options: { token?: string; key?: string; body?: unknown } = {},
): Promise<Answer> {
  const answer = await fetch(url + path, {
    method,
    headers: {
      ...(options.token === undefined ? {} : { authorization: `Bearer ${options.token}` }),
      ...(options.key === undefined ? {} : { 'idempotency-key': options.key }),
      ...(options.body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(options.body === undefined ? {} : { body: JSON.stringify(options.body) }),
  });
  return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
}

const own = ({ customerId }: TestOrder): string => ground.tokenOf(customerId, 'customer');
const admin = (): string => ground.tokenOf(randomUUID(), 'admin');
const paymentOf = async (order: TestOrder) =>
  (await call('GET', `/api/payments/${order.paymentId}`, { token: own(order) })).body;
const reached = (order: TestOrder, status: string) =>
  eventually(
    () => paymentOf(order),
    (payment) => payment['status'] === status,
  );

const statementOf = (order: TestOrder) => kindsAtProvider(ground, order);
async function paid(token = 'tok_visa', amount = 1999): Promise<TestOrder> {
  const order = await shop.place(token, amount);
  await shop.heard(order, 'Authorized');
  await shop.confirm(order);
  await shop.heard(order, 'Captured');
  return order;
}

describe('each token', () => {
  it.each(['tok_visa', 'tok_mastercard'])('%s is authorized, then captured', async (token) => {
    const order = await paid(token);
    expect(shop.eventsOf(order)).toEqual(['Started', 'Authorized', 'Captured']);
    expect(await paymentOf(order)).toEqual({
      id: order.paymentId,
      orderId: order.orderId,
      amount: { amount: 1999, currency: 'EUR' },
      status: 'captured',
      captured: { amount: 1999, currency: 'EUR' },
      refunded: { amount: 0, currency: 'EUR' },
      attempts: 1,
    });
    expect(await balancesOf(ground.pool, order)).toEqual({ provider: 1999, sales: -1999 });
  });

  it.each(['tok_declined', 'tok_insufficient_funds', 'tok_risky', 'tok_nonsense'])(
    '%s is declined',
    async (token) => {
      const order = await shop.place(token);
      expect(await shop.heard(order, 'Declined')).toEqual(['Started', 'Declined']);
      expect(await paymentOf(order)).toMatchObject({ status: 'declined' });
      expect(await balancesOf(ground.pool, order)).toEqual({});
    },
  );

  it('tok_slow is authorized after three seconds, tok_flaky at the third try, tok_lost by asking', async () => {
    const slow = await shop.place('tok_slow');
    const flaky = await shop.place('tok_flaky');
    const lost = await shop.place('tok_lost');
    await shop.heard(slow, 'Authorized');
    await shop.heard(flaky, 'Authorized');
    expect(await paymentOf(flaky)).toMatchObject({ status: 'authorized', attempts: 3 });
    expect(await statementOf(lost)).toEqual(['authorized']);
    await reached(lost, 'unknown');
    await shop.heard(lost, 'Authorized');
    expect(await paymentOf(lost)).toMatchObject({ status: 'authorized', attempts: 2 });
    expect(await statementOf(lost)).toEqual(['authorized']);
    expect(await statementOf(flaky)).toEqual(['authorized']);
  });

  it('tok_3ds waits for its customer, who alone may confirm it, once', async () => {
    const order = await shop.place('tok_3ds');
    await shop.heard(order, 'ActionRequired');
    const path = `/api/payments/${order.paymentId}/confirm`;
    expect((await call('POST', path, { token: own(order) })).status).toBe(400);
    expect((await call('POST', path, { token: ground.tokenOf(randomUUID()), key: 'k' })).status).toBe(404);
    expect((await call('POST', path, { token: admin(), key: 'k' })).status).toBe(403);

    const key = randomUUID();
    const first = await call('POST', path, { token: own(order), key });
    expect(first).toMatchObject({ status: 200, body: { id: order.paymentId, status: 'authorized' } });
    expect(await call('POST', path, { token: own(order), key })).toEqual(first);
    expect((await call('POST', path, { token: own(order), key: randomUUID() })).status).toBe(409);
    await shop.heard(order, 'Authorized');
    expect(shop.eventsOf(order)).toEqual(['Started', 'ActionRequired', 'Authorized']);
  });
});

describe('an order that is cancelled', () => {
  it('while its payment waits for the provider: the late authorization is recorded, then voided', async () => {
    const order = await shop.place('tok_slow');
    await eventually(
      () => paymentOf(order),
      ({ status }) => status === 'processing',
    );
    await shop.cancel(order);
    expect(await shop.heard(order, 'Voided')).toEqual(['Started', 'Authorized', 'Voided']);
    expect(await balancesOf(ground.pool, order)).toEqual({});
  });

  it('while the answer is lost', async () => {
    const order = await shop.place('tok_flaky');
    await reached(order, 'unknown');
    await shop.cancel(order);
    expect(await shop.heard(order, 'Voided')).toEqual(['Started', 'Authorized', 'Voided']);
  });

  it('while its customer has to act: nothing can be confirmed any more', async () => {
    const order = await shop.place('tok_3ds');
    await shop.heard(order, 'ActionRequired');
    await shop.cancel(order);
    await shop.heard(order, 'Voided');
    const path = `/api/payments/${order.paymentId}/confirm`;
    expect((await call('POST', path, { token: own(order), key: randomUUID() })).status).toBe(409);
    expect(await balancesOf(ground.pool, order)).toEqual({});
  });

  it('once authorized', async () => {
    const order = await shop.place('tok_visa');
    await shop.heard(order, 'Authorized');
    await shop.cancel(order);
    expect(await shop.heard(order, 'Voided')).toEqual(['Started', 'Authorized', 'Voided']);
    expect(await statementOf(order)).toEqual(['authorized', 'voided']);
    expect(await balancesOf(ground.pool, order)).toEqual({});
  });

  it('right after it was confirmed: voided or refunded, never kept', async () => {
    const order = await shop.place('tok_visa');
    await shop.heard(order, 'Authorized');
    await shop.confirm(order);
    await shop.cancel(order);
    await eventually(
      () => shop.eventsOf(order),
      (events) => events.includes('Voided') || events.includes('Refunded'),
    );
    expect(await balancesOf(ground.pool, order)).toEqual({});
  });

  it('once captured', async () => {
    const order = await paid();
    await shop.cancel(order);
    expect(await shop.heard(order, 'Refunded')).toEqual(['Started', 'Authorized', 'Captured', 'Refunded']);
    expect(await paymentOf(order)).toMatchObject({ status: 'refunded', refunded: { amount: 1999 } });
    expect(await balancesOf(ground.pool, order)).toEqual({});
  });

  it('once declined: nothing happens, however often it is told', async () => {
    const order = await shop.place('tok_declined');
    await shop.heard(order, 'Declined');
    await shop.cancel(order);
    await shop.repeat(order);
    const taken = async () =>
      (await ground.pool.query('select 1 from inbox where subject = $1', [order.orderId])).rowCount ?? 0;
    await eventually(taken, (count) => count === 2);
    expect(shop.eventsOf(order)).toEqual(['Started', 'Declined']);
  });
});

describe('a refund', () => {
  const refund = (order: TestOrder, body: object, key = randomUUID()) =>
    call('POST', `/api/payments/${order.paymentId}/refunds`, { token: admin(), key, body });

  it('in part leaves the payment captured, the rest is the default', async () => {
    const order = await paid();
    const part = await refund(order, { amount: { amount: 500, currency: 'EUR' }, reason: 'late' });
    expect(part).toMatchObject({
      status: 201,
      body: {
        paymentId: order.paymentId,
        amount: { amount: 500, currency: 'EUR' },
        status: 'pending',
        reason: 'late',
      },
    });
    await shop.heard(order, 'Refunded');
    expect(await paymentOf(order)).toMatchObject({ status: 'captured', refunded: { amount: 500 } });
    expect((await refund(order, { reason: 'broken' })).body['amount']).toEqual({
      amount: 1499,
      currency: 'EUR',
    });
    await reached(order, 'refunded');
    expect(await balancesOf(ground.pool, order)).toEqual({});
    expect((await refund(order, { reason: 'again' })).status).toBe(409);
  });

  it('never exceeds what is captured, however many are asked for at once', async () => {
    const order = await paid('tok_visa', 1000);
    const asked = Array.from({ length: 6 }, () =>
      refund(order, { amount: { amount: 400, currency: 'EUR' }, reason: 'race' }),
    );
    const statuses = (await Promise.all(asked)).map(({ status }) => status);
    expect(statuses.filter((status) => status === 201).length).toBe(2);
    await eventually(
      () => paymentOf(order),
      ({ refunded }) => (refunded as { amount: number }).amount === 800,
    );
    expect((await statementOf(order)).filter((kind) => kind === 'refunded').length).toBe(2);
    expect(await balancesOf(ground.pool, order)).toEqual({ provider: 200, sales: -200 });
  });

  it('is for admins, of captured payments, in their currency, once per key', async () => {
    const order = await paid();
    const path = `/api/payments/${order.paymentId}/refunds`;
    expect((await call('POST', path, { token: own(order), key: 'k', body: { reason: 'r' } })).status).toBe(
      403,
    );
    expect((await call('POST', path, { token: admin(), body: { reason: 'r' } })).status).toBe(400);
    expect((await refund(order, { reason: 'r', amount: { amount: 1, currency: 'USD' } })).status).toBe(409);
    expect((await refund(order, { reason: 'r', amount: { amount: 2000, currency: 'EUR' } })).status).toBe(
      409,
    );
    expect((await refund(order, { reason: 'r', amount: { amount: 0, currency: 'EUR' } })).status).toBe(400);
    const open = await shop.place('tok_visa');
    await shop.heard(open, 'Authorized');
    expect((await refund(open, { reason: 'r' })).status).toBe(409);
  });
});

describe('reading', () => {
  it('shows payments to their owner and to admins only', async () => {
    const order = await paid();
    const list = (token: string) => call('GET', `/api/payments?orderId=${order.orderId}`, { token });
    expect((await list(own(order))).body['items']).toHaveLength(1);
    expect((await list(admin())).body['items']).toHaveLength(1);
    expect((await list(ground.tokenOf(randomUUID()))).body['items']).toHaveLength(0);
    const stranger = { token: ground.tokenOf(randomUUID()) };
    expect((await call('GET', `/api/payments/${order.paymentId}`, stranger)).status).toBe(404);
    expect((await call('GET', '/api/payments')).status).toBe(401);
  });

  it('pages through payments and through the ledger', async () => {
    await Promise.all([paid(), paid(), paid()]);
    const first = await call('GET', '/api/payments?limit=2', { token: admin() });
    expect(first.body['items']).toHaveLength(2);
    const next = await call('GET', `/api/payments?limit=2&cursor=${String(first.body['nextCursor'])}`, {
      token: admin(),
    });
    expect(next.status).toBe(200);
    expect((next.body['items'] as { id: string }[])[0]?.id).not.toBe(
      (first.body['items'] as { id: string }[])[1]?.id,
    );
    const accounts = (await call('GET', '/api/accounts', { token: admin() })).body['items'] as {
      id: string;
    }[];
    expect(accounts).toHaveLength(4);
    const entries = await call('GET', `/api/accounts/${String(accounts[0]?.id)}/entries?limit=1`, {
      token: admin(),
    });
    expect(entries.body['items']).toHaveLength(1);
    expect((await call('GET', `/api/accounts/${randomUUID()}/entries`, { token: admin() })).status).toBe(404);
    expect((await call('GET', '/api/accounts', { token: ground.tokenOf(randomUUID()) })).status).toBe(403);
  });
});

describe('the ledger', () => {
  it.each([
    'update entry set amount = 1',
    'delete from entry',
    'update transfer set kind = kind',
    'delete from transfer',
  ])('refuses: %s', async (sql) => {
    await expect(ground.pool.query(sql)).rejects.toThrow('immutable');
  });

  it('refuses a transfer that is not balanced', async () => {
    const order = await paid();
    const insert = `with t as (insert into transfer (id, payment_id, kind) values (gen_random_uuid(), $1, 'refund') returning id)
      insert into entry (id, transfer_id, account_id, side, amount, currency)
      select gen_random_uuid(), t.id, a.id, 'debit', 1, 'EUR' from t, account a where a.code = 'sales' and a.currency = 'EUR'`;
    await expect(ground.pool.query(insert, [order.paymentId])).rejects.toThrow('not balanced');
  });
});

describe('the reconciliation', () => {
  interface Books {
    readonly payments: number;
    readonly differences: readonly { kind: string; paymentId: string }[];
  }
  const books = async (): Promise<Books> => {
    const { status, body } = await call('GET', '/api/payments/reconciliation', { token: admin() });
    expect(status).toBe(200);
    return body as unknown as Books;
  };
  const differencesOf = async ({ paymentId }: TestOrder) =>
    (await books()).differences.filter((found) => found.paymentId === paymentId).map(({ kind }) => kind);

  it('finds nothing to say of payments that went as they should', async () => {
    const order = await paid();
    const { payments } = await books();
    expect(payments).toBeGreaterThan(0);
    expect(await differencesOf(order)).toEqual([]);
  });

  it('finds a refund that was given behind our back', async () => {
    const order = await paid();
    const known = await fetch(`${ground.providerUrl}/v1/authorizations/by-key/${order.paymentId}`, {
      headers: { authorization: `Bearer ${apiKey}` },
    });
    const { id } = (await known.json()) as { id: string };
    await fetch(`${ground.providerUrl}/v1/authorizations/${id}/refunds`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${apiKey}`,
        'content-type': 'application/json',
        'idempotency-key': 'by hand',
      },
      body: JSON.stringify({ amount: 500, key: 'by hand' }),
    });
    expect(await differencesOf(order)).toEqual(['amount']);
  });

  it('finds a payment that only the provider has', async () => {
    const paymentId = randomUUID();
    await fetch(`${ground.providerUrl}/v1/authorizations`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${apiKey}`,
        'content-type': 'application/json',
        'idempotency-key': paymentId,
      },
      body: JSON.stringify({ paymentId, amount: 700, currency: 'EUR', token: 'tok_visa' }),
    });
    expect((await books()).differences).toContainEqual(expect.objectContaining({ kind: 'extra', paymentId }));
  });

  it('reads both books to their ends, page by page', async () => {
    for (let count = 0; count < 3; count += 1) await paid();
    const http = createHttpClient({ peer: 'provider', target: ground.providerUrl, metrics: createMetrics() });
    const statement = (pageSize: number) => createProviderClient(http, apiKey, pageSize).statement();
    const movements = await statement(1_000_000);
    expect(movements.length).toBeGreaterThan(5);
    expect(await statement(2)).toEqual(movements);
    expect(await statement(movements.length)).toEqual(movements);
    await http.close();

    const booked = (pageSize: number) => createReconciliationReader(ground.pool, pageSize).booked();
    const payments = await booked(1_000_000);
    expect(payments.length).toBeGreaterThan(2);
    expect(await booked(2)).toEqual(payments);
    expect(await booked(payments.length)).toEqual(payments);
  });

  it('is for administrators', async () => {
    const order = await shop.place('tok_visa');
    expect((await call('GET', '/api/payments/reconciliation', { token: own(order) })).status).toBe(403);
  });
});

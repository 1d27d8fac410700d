import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  adminToken,
  call,
  expectProblem,
  expectStatus,
  newPerson,
  openSystem,
  readEvents,
  readPages,
  type Person,
} from '@souk/testkit';
import { expectInvariants } from './support/invariants.js';
import {
  availableOf,
  availableUntil,
  euros,
  orderOf,
  orderUntil,
  place,
  placed,
  send,
  stocked,
  type Order,
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
    stocked(system, 1000, 250),
  ]);
});

afterAll(() => expectInvariants(system));

const cancel = (id: string, token = anna.accessToken, idempotencyKey: string = randomUUID()) =>
  call<Order>(url, `POST /api/orders/${id}/cancel`, { token, idempotencyKey });

describe('placing an order', () => {
  it('answers the priced order at once and reserves its stock', async () => {
    const other = await stocked(system, 10, 99);
    const answer = await expectStatus(
      201,
      place(system, anna.accessToken, {
        ...orderOf(thing, 2),
        items: [
          { productId: thing, quantity: 2 },
          { productId: other, quantity: 3 },
        ],
      }),
    );
    const { body } = answer;
    expect(answer.headers.get('location')).toBe(`/api/orders/${body.id}`);
    expect(body).toMatchObject({
      customerId: anna.id,
      status: 'pending',
      total: euros(797),
      payment: { id: expect.any(String), status: 'processing' },
      version: 1,
      createdAt: expect.any(String),
    });
    expect(body.items.find(({ productId }) => productId === other)).toMatchObject({
      unitPrice: euros(99),
      quantity: 3,
      lineTotal: euros(297),
      sku: expect.any(String),
      name: expect.any(String),
    });
    expect(body.history).toEqual([{ status: 'pending', at: expect.any(String), reason: null }]);
    expect(await availableOf(system, other)).toBe(7);
    const paid = await orderUntil(system, { id: body.id, token: anna.accessToken }, 'paid');
    expect(paid.history.map(({ status }) => status)).toEqual(['pending', 'confirmed', 'paid']);
    expect(paid.total).toEqual(euros(797));
    expect(await availableOf(system, other)).toBe(7);
  });

  it('needs somebody, and a key', async () => {
    const body = orderOf(thing);
    await expectProblem(
      call(url, 'POST /api/orders', { body, idempotencyKey: randomUUID() }),
      'unauthenticated',
    );
    await expectProblem(
      call(url, 'POST /api/orders', { body, token: anna.accessToken }),
      'idempotency_key_missing',
    );
    for (const idempotencyKey of ['', 'x'.repeat(256), 'with space'])
      await expectProblem(
        send(system, { token: anna.accessToken, body, idempotencyKey }),
        'idempotency_key_missing',
        'invalid_argument',
      );
  });

  it('keeps the price of the moment', async () => {
    const id = await stocked(system, 5, 500);
    const order = await placed(system, anna.accessToken, orderOf(id));
    const { body } = await call<{ version: number }>(url, `GET /api/products/${id}`);
    await expectStatus(
      200,
      call(url, `PATCH /api/products/${id}`, {
        token: admin,
        body: { price: euros(900) },
        headers: { 'if-match': `W/"${String(body.version)}"` },
      }),
    );
    expect((await orderUntil(system, { id: order.id, token: anna.accessToken }, 'paid')).total).toEqual(
      euros(500),
    );
  });

  it('is refused when there is not enough, and reserves nothing', async () => {
    const [scarce, plenty] = await Promise.all([stocked(system, 2), stocked(system, 9)]);
    const body = {
      ...orderOf(scarce),
      items: [
        { productId: plenty, quantity: 1 },
        { productId: scarce, quantity: 3 },
      ],
    };
    await expectProblem(place(system, anna.accessToken, body), 'out_of_stock');
    expect([await availableOf(system, scarce), await availableOf(system, plenty)]).toEqual([2, 9]);
  });

  it('is refused for a product that is not', async () => {
    await expectProblem(place(system, anna.accessToken, orderOf(randomUUID())), 'unprocessable');
  });
});

describe('reading orders', () => {
  it('lists the own ones, the newest first, page by page', async () => {
    const person = await newPerson(system);
    const ids: string[] = [];
    for (let count = 0; count < 5; count += 1)
      ids.unshift((await placed(system, person.accessToken, orderOf(thing))).id);
    for (const limit of [1, 2, 5, 100]) {
      const pages = await readPages<Order>(url, { path: '/api/orders', limit, token: person.accessToken });
      expect(pages.flat().map(({ id }) => id)).toEqual(ids);
    }
    const all = await call<{ items: Order[] }>(url, 'GET /api/orders?limit=5', { token: admin });
    expect(all.body.items.map(({ id }) => id)).toEqual(ids);
    for (const query of ['limit=0', 'limit=101', 'cursor=x', 'status=paid'])
      await expectProblem(
        call(url, `GET /api/orders?${query}`, { token: person.accessToken }),
        'invalid_argument',
      );
    await expectProblem(call(url, 'GET /api/orders'), 'unauthenticated');
  });

  it('is 404 for what is not there', async () => {
    const token = anna.accessToken;
    await expectProblem(call(url, `GET /api/orders/${randomUUID()}`, { token }), 'not_found');
    await expectProblem(call(url, 'GET /api/orders/1', { token }), 'invalid_argument', 'not_found');
    await expectProblem(call(url, `GET /api/orders/${randomUUID()}/events`, { token }), 'not_found');
    await expectProblem(cancel(randomUUID()), 'not_found');
  });
});

describe('cancelling', () => {
  it('is possible while the payment waits, gives the stock back, and is too late afterwards', async () => {
    const id = await stocked(system, 4);
    const order = await placed(system, anna.accessToken, orderOf(id, 4, 'tok_3ds'));
    expect(await availableOf(system, id)).toBe(0);
    await expectProblem(
      call(url, `POST /api/orders/${order.id}/cancel`, { token: anna.accessToken }),
      'idempotency_key_missing',
    );
    const key = randomUUID();
    const cancelled = await expectStatus(202, cancel(order.id, anna.accessToken, key));
    expect(cancelled.body).toMatchObject({ id: order.id, status: 'cancelled' });
    const repeated = await expectStatus(202, cancel(order.id, anna.accessToken, key));
    expect(repeated.body).toEqual(cancelled.body);
    await expectProblem(cancel(order.id), 'conflict');
    await availableUntil(system, id, 4);
  });

  it('is refused from paid on', async () => {
    const order = await placed(system, anna.accessToken, orderOf(thing));
    await orderUntil(system, { id: order.id, token: anna.accessToken }, 'paid');
    await expectProblem(cancel(order.id), 'conflict');
    await expectProblem(cancel(order.id, admin), 'conflict');
  });

  it('is open to an administrator', async () => {
    const order = await placed(system, anna.accessToken, orderOf(thing, 1, 'tok_3ds'));
    await expectStatus(202, cancel(order.id, admin));
    await orderUntil(system, { id: order.id, token: anna.accessToken }, 'cancelled');
  });
});

describe("an order's events", () => {
  interface Step {
    readonly type: string;
    readonly status: string;
    readonly service: string;
    readonly at: string;
    readonly traceId: string;
  }
  const eventsOf = (id: string) => `${url}/api/orders/${id}/events`;

  it('tell each step across services in its order, resume where asked, and end', async () => {
    const traceId = randomUUID().replaceAll('-', '');
    const { body: order } = await expectStatus(
      201,
      send(system, {
        token: anna.accessToken,
        body: orderOf(thing),
        headers: { traceparent: `00-${traceId}-b7ad6b7169203331-01` },
      }),
    );
    const options = { token: anna.accessToken, withinMs: 30_000 };
    const events = await readEvents(eventsOf(order.id), options);
    const ids = events.map(({ id }) => Number(id));
    expect(ids).toEqual(ids.map((_, index) => index + 1));
    const steps = events.map(({ data }) => JSON.parse(data) as Step);
    expect(steps.map(({ type }) => type)).toEqual(events.map(({ event }) => event));
    expect(steps.map(({ type }) => type)).toEqual(
      expect.arrayContaining([
        'OrderPlaced',
        'StockReserved',
        'PaymentStarted',
        'PaymentAuthorized',
        'OrderConfirmed',
        'PaymentCaptured',
        'OrderPaid',
        'StockCommitted',
      ]),
    );
    expect(new Set(steps.map(({ service }) => service))).toEqual(new Set(['order', 'payment', 'product']));
    expect(new Set(steps.map((step) => step.traceId))).toEqual(new Set([traceId]));
    for (const { at } of steps) expect(at).toMatch(/^\d{4}-\d\d-\d\dT.*Z$/);

    const resumed = await readEvents(eventsOf(order.id), { ...options, lastEventId: events[2]?.id ?? '' });
    expect(resumed).toEqual(events.slice(3));
  });

  it('are refused with an id that is none', async () => {
    const order = await placed(system, anna.accessToken, orderOf(thing));
    for (const id of ['x', '-1', '1.5', '99999999999'])
      await expectProblem(
        call(url, `GET /api/orders/${order.id}/events`, {
          token: anna.accessToken,
          headers: { 'last-event-id': id },
        }),
        'invalid_argument',
      );
  });
});

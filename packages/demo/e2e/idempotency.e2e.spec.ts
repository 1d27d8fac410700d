import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { call, expectProblem, expectStatus, newPerson, openSystem, until, type Person } from '@souk/testkit';
import { expectInvariants } from './support/invariants.js';
import {
  availableOf,
  orderOf,
  orderUntil,
  placed,
  send,
  stocked,
  type Order,
  type Page,
} from './support/shop.js';

const system = await openSystem();
const { url } = system;

let anna: Person;

beforeAll(async () => {
  anna = await newPerson(system);
});

afterAll(() => expectInvariants(system));

const ordersOf = async (token: string): Promise<Order[]> =>
  (await expectStatus(200, call<Page<Order>>(url, 'GET /api/orders?limit=100', { token }))).body.items;

describe('one key', () => {
  it('has one answer and one effect, however late it is asked again', async () => {
    const product = await stocked(system, 10);
    const request = { token: anna.accessToken, body: orderOf(product, 2), idempotencyKey: randomUUID() };
    const first = await expectStatus(201, send(system, request));
    const second = await expectStatus(201, send(system, request));
    expect(second.body).toEqual(first.body);
    expect(second.headers.get('location')).toBe(first.headers.get('location'));
    await orderUntil(system, { id: first.body.id, token: anna.accessToken }, 'paid');
    expect((await expectStatus(201, send(system, request))).body).toEqual(first.body);
    expect(await availableOf(system, product)).toBe(8);
  });

  it('belongs to one request: another body is refused', async () => {
    const product = await stocked(system, 10);
    const request = { token: anna.accessToken, body: orderOf(product), idempotencyKey: randomUUID() };
    await expectStatus(201, send(system, request));
    await expectProblem(send(system, { ...request, body: orderOf(product, 2) }), 'idempotency_key_reused');
    expect(await availableOf(system, product)).toBe(9);
  });

  it('is its own for each customer', async () => {
    const product = await stocked(system, 10);
    const bert = await newPerson(system);
    const request = { body: orderOf(product), idempotencyKey: randomUUID() };
    const [first, second] = await Promise.all(
      [anna, bert].map(({ accessToken }) =>
        expectStatus(201, send(system, { ...request, token: accessToken })),
      ),
    );
    expect(first?.body.id).not.toBe(second?.body.id);
  });

  it('is free again after a refusal', async () => {
    const product = await stocked(system, 1);
    const idempotencyKey = randomUUID();
    const { accessToken: token } = anna;
    await expectProblem(send(system, { token, body: orderOf(product, 2), idempotencyKey }), 'out_of_stock');
    await expectStatus(201, send(system, { token, body: orderOf(product, 1), idempotencyKey }));
  });

  it('makes one order of 50 simultaneous requests', async () => {
    const product = await stocked(system, 50);
    const person = await newPerson(system);
    const request = { token: person.accessToken, body: orderOf(product), idempotencyKey: randomUUID() };
    const answers = await Promise.all(Array.from({ length: 50 }, () => send(system, request)));
    const replies = answers.filter(({ status }) => status === 201);
    expect(replies.length).toBeGreaterThan(0);
    expect(new Set(replies.map(({ body }) => body.id)).size).toBe(1);
    for (const answer of answers.filter(({ status }) => status !== 201)) {
      await expectProblem(answer, 'in_flight');
      expect(answer.headers.get('retry-after')).toMatch(/^\d+$/);
    }
    expect((await expectStatus(201, send(system, request))).body).toEqual(replies[0]?.body);
    expect(await ordersOf(person.accessToken)).toHaveLength(1);
    expect(await availableOf(system, product)).toBe(49);
  });

  it('cancels once, at once', async () => {
    const order = await placed(system, anna.accessToken, orderOf(await stocked(system, 1), 1, 'tok_3ds'));
    const idempotencyKey = randomUUID();
    const answers = await Promise.all(
      Array.from({ length: 20 }, () =>
        call<Order>(url, `POST /api/orders/${order.id}/cancel`, { token: anna.accessToken, idempotencyKey }),
      ),
    );
    for (const answer of answers)
      if (answer.status === 202) expect(answer.body.status).toBe('cancelled');
      else await expectProblem(answer, 'in_flight');
    const after = await orderUntil(system, { id: order.id, token: anna.accessToken }, 'cancelled');
    expect(after.history.filter(({ status }) => status === 'cancelled')).toHaveLength(1);
  });
});

describe('the last unit', () => {
  it('goes to one of 100 buyers', async () => {
    const product = await stocked(system, 1);
    const answers = await Promise.all(
      Array.from({ length: 100 }, () => send(system, { token: anna.accessToken, body: orderOf(product) })),
    );
    const winners = answers.filter(({ status }) => status === 201);
    expect(winners).toHaveLength(1);
    for (const answer of answers.filter(({ status }) => status !== 201))
      await expectProblem(answer, 'out_of_stock');
    expect(await availableOf(system, product)).toBe(0);
    await orderUntil(system, { id: winners[0]?.body.id ?? '', token: anna.accessToken }, 'paid');
    expect(await availableOf(system, product)).toBe(0);
  });

  it('is never promised twice while orders of several products cross', async () => {
    const [first, second] = await Promise.all([stocked(system, 10), stocked(system, 10)]);
    const line = (productId: string) => ({ productId, quantity: 1 });
    const answers = await Promise.all(
      Array.from({ length: 40 }, (_, index) =>
        send(system, {
          token: anna.accessToken,
          body: {
            ...orderOf(first),
            items: index % 2 === 0 ? [line(first), line(second)] : [line(second), line(first)],
          },
        }),
      ),
    );
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(10);
    for (const answer of answers.filter(({ status }) => status !== 201))
      await expectProblem(answer, 'out_of_stock');
    await until(
      async () => (await availableOf(system, first)) === 0 && (await availableOf(system, second)) === 0,
      { withinMs: 5000, what: 'both are sold out' },
    );
  });
});

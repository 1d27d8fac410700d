import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, it } from '@jest/globals';
import {
  adminToken,
  call,
  documentedRoutes,
  expectProblem,
  expectStatus,
  newPerson,
  openSystem,
  type Method,
  type Person,
} from '@souk/testkit';
import {
  orderOf,
  paymentUntil,
  placed,
  stocked,
  type Order,
  type Page,
  type Product,
} from './support/shop.js';

const system = await openSystem();
const { url } = system;
const withId = (await documentedRoutes(url)).filter(({ path }) => path.includes('{'));

let admin: string;
let anna: Person;
let bert: Person;
let product: Product;
let order: Order;
let account: string;

beforeAll(async () => {
  [admin, anna, bert] = await Promise.all([adminToken(system), newPerson(system), newPerson(system)]);
  const id = await stocked(system, 100);
  order = await placed(system, anna.accessToken, orderOf(id, 1, 'tok_3ds'));
  await paymentUntil(
    system,
    { orderId: order.id, token: anna.accessToken, what: 'needs action' },
    ({ status }) => status === 'requires_action',
  );
  product = (await expectStatus(200, call<Product>(url, `GET /api/products/${id}`))).body;
  const accounts = await call<Page<{ id: string }>>(url, 'GET /api/accounts', { token: admin });
  account = accounts.body.items[0]?.id ?? '';
});

interface Entry {
  /** What belongs to Anna, or to nobody. */
  readonly id: () => string;
  /** What Bert gets who asks for it: it is not there, it is for administrators, or it is for anyone. */
  readonly stranger: 'not_found' | 'permission_denied' | 200;
  readonly body?: unknown;
}

const hers = (id: () => string): Entry => ({ id, stranger: 'not_found' });
const forAdmins = (id: () => string, body?: unknown): Entry => ({ id, stranger: 'permission_denied', body });
const forAnyone = (id: () => string): Entry => ({ id, stranger: 200 });

const matrix: Readonly<Record<string, Entry>> = {
  'GET /api/users/{id}': hers(() => anna.id),
  'GET /api/orders/{id}': hers(() => order.id),
  'GET /api/orders/{id}/events': hers(() => order.id),
  'POST /api/orders/{id}/cancel': hers(() => order.id),
  'GET /api/payments/{id}': hers(() => order.payment.id),
  'POST /api/payments/{id}/confirm': hers(() => order.payment.id),
  'POST /api/payments/{id}/refunds': forAdmins(() => order.payment.id, { reason: 'Mine.' }),
  'GET /api/accounts/{id}/entries': forAdmins(() => account),
  'GET /api/products/{id}': forAnyone(() => product.id),
  'GET /api/products/{id}/picture': forAnyone(() => product.id),
  'PATCH /api/products/{id}': forAdmins(() => product.id, { name: 'Mine' }),
  'PUT /api/products/{id}/stock': forAdmins(() => product.id, { onHand: 1 }),
};

const ask = (route: { method: Method; path: string }, id: string, token: string | undefined) =>
  call(url, `${route.method} ${route.path.replace(/\{\w+\}/, id)}`, {
    token,
    idempotencyKey: randomUUID(),
    ...withBody(matrix[`${route.method} ${route.path}`]?.body),
  });
const withBody = (body: unknown) => (body === undefined ? {} : { body });

describe('every documented route with an id', () => {
  it('is in the matrix of this test, and nothing else is', () => {
    expect(withId.map(({ method, path }) => `${method} ${path}`).sort()).toEqual(Object.keys(matrix).sort());
  });

  const rows = withId.map((route) => ({ ...route, entry: matrix[`${route.method} ${route.path}`] }));
  const rowsOf = (stranger: Entry['stranger']) =>
    rows.flatMap(({ entry, ...route }) => (entry?.stranger === stranger ? [{ ...route, entry }] : []));

  it.each(rowsOf('not_found'))('says of hers what it says of nobody’s: $method $path', async (route) => {
    const { entry } = route;
    const told = async (id: string) => {
      const { traceId, instance, ...problem } = await expectProblem(
        ask(route, id, bert.accessToken),
        'not_found',
      );
      expect([traceId.length, instance.includes(id)]).toEqual([32, true]);
      return problem;
    };
    const ofHers = await told(entry.id());
    expect(ofHers).toEqual(await told(randomUUID()));
    expect(ofHers).toEqual(await told(entry.id().toUpperCase()));
    expect(JSON.stringify(ofHers)).not.toContain(anna.id);
    await expectProblem(ask(route, entry.id(), undefined), 'unauthenticated');
  });

  it.each(rowsOf('permission_denied'))('is closed to him: $method $path', async (route) => {
    for (const id of [route.entry.id(), randomUUID()])
      await expectProblem(ask(route, id, bert.accessToken), 'permission_denied');
    await expectProblem(ask(route, route.entry.id(), undefined), 'unauthenticated');
  });

  it.each(rowsOf(200))('is open to him: $method $path', async (route) => {
    await expectStatus(200, ask(route, route.entry.id(), bert.accessToken));
  });

  it('knows no other method', async () => {
    const methods: readonly Method[] = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'];
    for (const { path, entry } of rows)
      for (const method of methods.filter((one) => !Object.hasOwn(matrix, `${one} ${path}`)))
        await expectProblem(
          ask({ method, path }, entry?.id() ?? '', bert.accessToken),
          'not_found',
          'method_not_allowed',
        );
  });
});

describe('what is hers', () => {
  it('is in none of his lists, whatever he asks them for', async () => {
    for (const path of ['/api/orders', '/api/payments', `/api/payments?orderId=${order.id}`]) {
      const { body } = await expectStatus(
        200,
        call<Page<unknown>>(url, `GET ${path}`, { token: bert.accessToken }),
      );
      expect(body.items).toEqual([]);
    }
    for (const path of [`/api/orders?customerId=${anna.id}`, `/api/payments?customerId=${anna.id}`])
      await expectProblem(call(url, `GET ${path}`, { token: bert.accessToken }), 'invalid_argument');
  });

  it('is untouched by all that', async () => {
    const own = await call<Order>(url, `GET /api/orders/${order.id}`, { token: anna.accessToken });
    expect(own.body).toMatchObject({ status: 'pending', payment: { status: 'requires_action' } });
    const thing = await call<Product>(url, `GET /api/products/${product.id}`);
    expect(thing.body).toEqual(product);
  });
});

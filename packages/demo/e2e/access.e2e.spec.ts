import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, it } from '@jest/globals';
import {
  adminToken,
  call,
  documentedRoutes,
  expectProblem,
  expectStatus,
  need,
  newPerson,
  openSystem,
  serviceToken,
  type Method,
  type Person,
} from '@souk/testkit';
import { address, orderOf, paymentUntil, placed, stocked, type Order, type Page } from './support/shop.js';

const system = await openSystem();
const { url } = system;

let admin: string;
let anna: Person;
let bert: Person;
let product: string;
let order: Order;

beforeAll(async () => {
  [admin, anna, bert, product] = await Promise.all([
    adminToken(system),
    newPerson(system),
    newPerson(system),
    stocked(system, 100),
  ]);
  order = await placed(system, anna.accessToken, orderOf(product, 1, 'tok_3ds'));
  await paymentUntil(
    system,
    { orderId: order.id, token: anna.accessToken, what: 'needs action' },
    ({ status }) => status === 'requires_action',
  );
});

const keyed = () => ({ idempotencyKey: randomUUID() });

describe('what belongs to somebody', () => {
  const routes: [`${Method} `, () => string][] = [
    ['GET ', () => `/api/orders/${order.id}`],
    ['POST ', () => `/api/orders/${order.id}/cancel`],
    ['GET ', () => `/api/orders/${order.id}/events`],
    ['GET ', () => `/api/payments/${order.payment.id}`],
    ['POST ', () => `/api/payments/${order.payment.id}/confirm`],
    ['GET ', () => `/api/users/${anna.id}`],
  ];

  it.each(routes)('is not there for anybody else: %s%p', async (method, path) => {
    await expectProblem(
      call(url, `${method}${path()}`, { token: bert.accessToken, ...keyed() }),
      'not_found',
    );
    await expectProblem(call(url, `${method}${path()}`, keyed()), 'unauthenticated');
  });

  it('is in nobody else’s lists', async () => {
    for (const path of ['/api/orders', '/api/payments', `/api/payments?orderId=${order.id}`]) {
      const { body } = await expectStatus(
        200,
        call<Page<{ id: string }>>(url, `GET ${path}`, { token: bert.accessToken }),
      );
      expect(body.items).toEqual([]);
    }
  });

  it('is untouched by all that', async () => {
    const own = await call<Order>(url, `GET /api/orders/${order.id}`, { token: anna.accessToken });
    expect(own.body).toMatchObject({ status: 'pending', payment: { status: 'requires_action' } });
    await expectStatus(200, call(url, `GET /api/orders/${order.id}`, { token: admin }));
  });
});

describe('what is for administrators', () => {
  const routes: [`${Method} `, () => string, unknown][] = [
    ['GET ', () => '/api/users', undefined],
    ['POST ', () => '/api/products', {}],
    ['PATCH ', () => `/api/products/${product}`, { name: 'Mine' }],
    ['PUT ', () => `/api/products/${product}/stock`, { onHand: 1 }],
    ['POST ', () => `/api/payments/${order.payment.id}/refunds`, { reason: 'Please.' }],
    ['GET ', () => '/api/payments/reconciliation', undefined],
    ['GET ', () => '/api/accounts', undefined],
    ['GET ', () => `/api/accounts/${randomUUID()}/entries`, undefined],
    ['GET ', () => '/api/system/communications', undefined],
  ];

  it.each(routes)('is closed to others: %s%p', async (method, path, body) => {
    const request = { ...keyed(), ...(body === undefined ? {} : { body }) };
    await expectProblem(call(url, `${method}${path()}`, request), 'unauthenticated');
    await expectProblem(
      call(url, `${method}${path()}`, { ...request, token: anna.accessToken }),
      'permission_denied',
    );
  });

  const suite = need(system, 'sql') ? it : it.skip;
  suite('is closed to services too: their tokens are for gRPC', async () => {
    for (const peer of ['order', 'payment', 'product', 'identity', 'souk-api'])
      await expectProblem(
        call(url, 'GET /api/users', { token: serviceToken(system, 'order', peer) }),
        'unauthenticated',
      );
  });
});

describe('the API document', () => {
  const forAnyone = [
    'GET /',
    'GET /.well-known/jwks.json',
    'GET /api/products',
    'GET /api/products/{id}',
    'GET /api/products/{id}/picture',
    'GET /asyncapi.json',
    'GET /healthz',
    'POST /api/payments/webhooks/provider',
    'POST /api/sessions',
    'POST /api/sessions/refresh',
    'POST /api/users',
  ];

  it('has no route that lets in who says nothing of himself, but for those that are for anyone', async () => {
    const routes = await documentedRoutes(url);
    expect(routes.length).toBeGreaterThan(20);
    const open: string[] = [];
    for (const { method, path } of routes) {
      const target: `${Method} ${string}` = `${method} ${path.replace(/\{\w+\}/g, randomUUID())}`;
      const { status } = await call(url, target, { ...keyed(), ...(method === 'GET' ? {} : { body: {} }) });
      if (status !== 401) open.push(`${method} ${path}`);
    }
    const unexpected = open.filter((route) => !forAnyone.includes(route));
    expect(unexpected).toEqual([]);
  });
});

describe('bad input', () => {
  const good = () => orderOf(product);
  const line = (quantity: unknown) => ({ ...good(), items: [{ productId: product, quantity }] });

  it.each<[string, () => unknown]>([
    ['nothing', () => undefined],
    ['null', () => null],
    ['a list', () => []],
    ['a text', () => 'order'],
    ['no items', () => ({ ...good(), items: [] })],
    [
      '51 items',
      () => ({
        ...good(),
        items: Array.from({ length: 51 }, () => ({ productId: randomUUID(), quantity: 1 })),
      }),
    ],
    ['none of it', () => line(0)],
    ['less than none', () => line(-1)],
    ['more than 1000', () => line(1001)],
    ['a huge quantity', () => line(1e308)],
    ['a part of one', () => line(1.5)],
    ['a quantity as text', () => line('1')],
    ['a quantity as true', () => line(true)],
    ['a quantity of null', () => line(null)],
    ['a product twice', () => ({ ...good(), items: [good().items[0], good().items[0]] })],
    [
      'a product twice in two spellings',
      () => ({ ...good(), items: [good().items[0], { productId: product.toUpperCase(), quantity: 1 }] }),
    ],
    ['no UUID', () => ({ ...good(), items: [{ productId: "1'; DROP TABLE product; --", quantity: 1 }] })],
    ['a price', () => ({ ...good(), items: [{ ...good().items[0], unitPrice: 1 }] })],
    ['a total', () => ({ ...good(), total: { amount: 1, currency: 'EUR' } })],
    ['a customer', () => ({ ...good(), customerId: bert.id })],
    ['no payment', () => ({ ...good(), paymentMethod: undefined })],
    [
      'a card number',
      () => ({ ...good(), paymentMethod: { token: 'tok_visa', number: '4111111111111111' } }),
    ],
    ['a token that is none', () => ({ ...good(), paymentMethod: { token: '../../../etc/passwd' } })],
    ['no address', () => ({ ...good(), shippingAddress: undefined })],
    ['a country by name', () => ({ ...good(), shippingAddress: { ...address, country: 'Germany' } })],
    ['an unknown line', () => ({ ...good(), shippingAddress: { ...address, line3: 'x' } })],
    ['a prototype', () => JSON.parse('{"__proto__":{"admin":true}}') as unknown],
  ])('is refused: an order of %s', async (_what, body) => {
    const request = { token: anna.accessToken, body: body(), ...keyed() };
    const problem = await expectProblem(call(url, 'POST /api/orders', request), 'invalid_argument');
    expect(problem.errors).toBeInstanceOf(Array);
  });

  it('names the path of each error', async () => {
    const request = { token: anna.accessToken, body: line(0), ...keyed() };
    const { errors } = await expectProblem(call(url, 'POST /api/orders', request), 'invalid_argument');
    expect(errors).toEqual([{ path: '/items/0/quantity', message: expect.any(String) }]);
  });

  const doors: `${Method} ${string}`[] = [
    'POST /api/users',
    'POST /api/sessions',
    'POST /api/sessions/refresh',
    'POST /api/products',
    'POST /api/orders',
    `POST /api/payments/${randomUUID()}/refunds`,
    `PUT /api/products/${randomUUID()}/stock`,
  ];

  it.each(doors)('is refused at %s: broken JSON, another type, a megabyte', async (target) => {
    const send = (text: string, type = 'application/json') =>
      call(url, target, { token: admin, raw: { text, type }, ...keyed() });
    for (const text of ['{', '{"a":}', "{'a':1}", '\u0000', '[[[[', '{"a":1}}'])
      await expectProblem(send(text), 'invalid_argument');
    for (const type of ['text/plain', 'application/xml', 'multipart/form-data; boundary=x'])
      await expectProblem(send('{}', type), 'unsupported_media_type');
    await expectProblem(send(JSON.stringify({ a: 'x'.repeat(1024 * 1024) })), 'payload_too_large');
    await expectProblem(send('['.repeat(100_000)), 'invalid_argument');
  });

  it.each([
    "Robert'); DROP TABLE users;--",
    '${jndi:ldap://x/a}',
    'line\nbreak\r\n{"level":"fatal"}',
    '<script>alert(1)</script>',
    '%s%n%x',
    '🛒'.repeat(20),
  ])('is kept as it is where text may be anything: %j', async (text) => {
    const token = anna.accessToken;
    const body = { ...orderOf(product, 1, 'tok_declined'), shippingAddress: { ...address, name: text } };
    const answer = await expectStatus(
      201,
      call<Order & { shippingAddress: { name: string } }>(url, 'POST /api/orders', {
        token,
        body,
        ...keyed(),
      }),
    );
    const { body: read } = await expectStatus(
      200,
      call<{ shippingAddress: { name: string } }>(url, `GET /api/orders/${answer.body.id}`, { token }),
    );
    expect(read.shippingAddress.name).toBe(text);
  });

  it('is refused where a database could not keep it', async () => {
    const body = { ...orderOf(product), shippingAddress: { ...address, name: 'red \u001b[31m\u0000' } };
    const request = { token: anna.accessToken, body, ...keyed() };
    await expectProblem(call(url, 'POST /api/orders', request), 'invalid_argument');
    const user = { email: `${randomUUID()}@test.souk`, password: 'long enough', name: '\u0000' };
    await expectProblem(call(url, 'POST /api/users', { body: user }), 'invalid_argument');
  });

  it('in a path is 400 or 404, never an error of ours', async () => {
    for (const id of ['1', '%27', '..', '%2e%2e', 'null', `${randomUUID()}x`, '%F0%9F%9B%92', '0'.repeat(36)])
      for (const path of [`/api/orders/${id}`, `/api/payments/${id}`, `/api/products/${id}`])
        await expectProblem(
          call(url, `GET ${path}`, { token: anna.accessToken }).then((answer) =>
            answer.status === 200 ? Promise.reject(new Error(`${path} answered 200`)) : answer,
          ),
          'invalid_argument',
          'not_found',
        ).catch((error: unknown) => {
          // `..` is taken out of the path before it is sent: it names the list then.
          if (!/%2e%2e|\.\./.test(id)) throw error;
        });
  });
});

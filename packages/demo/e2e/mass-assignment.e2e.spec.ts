import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, it } from '@jest/globals';
import {
  adminToken,
  call,
  expectProblem,
  expectStatus,
  newPerson,
  openSystem,
  type ApiAnswer,
  type Method,
  type Person,
} from '@souk/testkit';
import {
  address,
  euros,
  orderOf,
  orderUntil,
  paymentOf,
  paymentUntil,
  placed,
  stocked,
  type Order,
  type Page,
  type Payment,
  type Product,
} from './support/shop.js';

const system = await openSystem();
const { url } = system;

let admin: string;
let anna: Person;
let bert: Person;
let product: Product;
let paid: Order;

const productNow = async (id: string): Promise<ApiAnswer<Product>> =>
  expectStatus(200, call<Product>(url, `GET /api/products/${id}`));

beforeAll(async () => {
  [admin, anna, bert] = await Promise.all([adminToken(system), newPerson(system), newPerson(system)]);
  const id = await stocked(system, 100, 1500);
  paid = await placed(system, anna.accessToken, orderOf(id));
  await orderUntil(system, { id: paid.id, token: anna.accessToken }, 'paid');
  await paymentUntil(
    system,
    { orderId: paid.id, token: anna.accessToken, what: 'is captured' },
    ({ status }) => status === 'captured',
  );
  product = (await productNow(id)).body;
});

const send = (target: `${Method} ${string}`, token: string | undefined, body: unknown) =>
  call(url, target, {
    token,
    body,
    idempotencyKey: randomUUID(),
    headers: { 'if-match': `"${String(product.version)}"` },
  });

/** Each field alone, so that none hides behind another. */
async function refusesEach(
  fields: Readonly<Record<string, unknown>>,
  ask: (field: Readonly<Record<string, unknown>>) => Promise<ApiAnswer>,
  at = '',
): Promise<void> {
  for (const [name, value] of Object.entries(fields)) {
    const { errors } = await expectProblem(ask({ [name]: value }), 'invalid_argument');
    expect(errors).toContainEqual({ path: `${at}/${name}`, message: 'is not a field of this request' });
  }
}

describe('a field that is not for the client to say', () => {
  const body = { email: `${randomUUID()}@test.souk`, password: 'a long password', name: 'Mallory' };

  it('makes nobody an administrator at the registration', async () => {
    const fields = { roles: ['admin'], role: 'admin', isAdmin: true, id: anna.id, passwordHash: 'x' };
    await refusesEach({ ...fields, createdAt: new Date(0), emailVerified: true }, (more) =>
      send('POST /api/users', undefined, { ...body, ...more }),
    );
    const made = await expectStatus(201, call<{ roles: string[] }>(url, 'POST /api/users', { body }));
    expect(made.body.roles).toEqual(['user']);
  });

  it('gives a session neither roles nor another owner', async () => {
    const { email, password, refreshToken } = bert;
    const fields = { roles: ['admin'], sub: anna.id, userId: anna.id, scope: '*', expiresIn: 1e9 };
    await refusesEach(fields, (more) => send('POST /api/sessions', undefined, { email, password, ...more }));
    await refusesEach(fields, (more) =>
      send('POST /api/sessions/refresh', undefined, { refreshToken, ...more }),
    );
    await expectStatus(201, send('POST /api/sessions/refresh', undefined, { refreshToken }));
  });

  it('sets nothing of a product that the shop keeps itself', async () => {
    const { name, category, price } = product;
    const whole = { sku: randomUUID(), name, category, price, description: 'Made by a test.' };
    const fields = { id: randomUUID(), version: 9, available: 9, reserved: 0, onHand: 9, createdAt: '1970' };
    await refusesEach(fields, (more) => send('POST /api/products', admin, { ...whole, ...more }));
    const own = `/api/products/${product.id}`;
    await refusesEach({ ...fields, sku: 'OTHER' }, (more) =>
      send(`PATCH ${own}`, admin, { name: 'Changed', ...more }),
    );
    await refusesEach({ reserved: 0, available: 9, id: randomUUID(), version: 9 }, (more) =>
      send(`PUT ${own}/stock`, admin, { onHand: 1, ...more }),
    );
    const money = { price: { amount: 1, currency: 'EUR', tax: 0 } };
    const problem = await expectProblem(send(`PATCH ${own}`, admin, money), 'invalid_argument');
    expect(problem.errors).toContainEqual(expect.objectContaining({ path: '/price/tax' }));
    expect((await productNow(product.id)).body).toEqual(product);
  });

  it('sets neither price nor owner nor state of an order', async () => {
    const good = orderOf(product.id, 2);
    const token = bert.accessToken;
    const order = (more: object) => send('POST /api/orders', token, { ...good, ...more });
    const ids = { id: randomUUID(), customerId: anna.id, paymentId: paid.payment.id, version: 9 };
    const states = { status: 'paid', payment: { status: 'captured' }, history: [], createdAt: '1970' };
    const prices = { total: euros(1), currency: 'EUR', discount: 100, price: euros(1), shipping: 0 };
    await refusesEach({ ...ids, ...states, ...prices }, order);
    await refusesEach(
      { unitPrice: euros(1), price: 1, lineTotal: euros(1), sku: 'X', name: 'X', currency: 'EUR' },
      (more) => order({ items: [{ ...good.items[0], ...more }] }),
      '/items/0',
    );
    await refusesEach(
      { amount: 1, number: '4111111111111111', cvc: '123', captured: true },
      (more) => order({ paymentMethod: { token: 'tok_visa', ...more } }),
      '/paymentMethod',
    );
    await refusesEach(
      { customerId: anna.id, verified: true },
      (more) => order({ shippingAddress: { ...address, ...more } }),
      '/shippingAddress',
    );
    const { body: list } = await call<Page<Order>>(url, 'GET /api/orders', { token });
    expect(list.items).toEqual([]);
    expect((await productNow(product.id)).body).toEqual(product);
  });

  it('sets nothing of a refund but its amount and its reason', async () => {
    const fields = { id: randomUUID(), paymentId: randomUUID(), status: 'succeeded', currency: 'EUR' };
    await refusesEach({ ...fields, to: bert.id, createdAt: '1970' }, (more) =>
      send(`POST /api/payments/${paid.payment.id}/refunds`, admin, { reason: 'Scratched.', ...more }),
    );
    const payment = await paymentOf(system, anna.accessToken, paid.id);
    expect(payment).toMatchObject({ status: 'captured', refunded: euros(0) });
  });

  it('is of no use where a route takes no body', async () => {
    const token = bert.accessToken;
    const order = await placed(system, token, orderOf(product.id, 1, 'tok_3ds'));
    const waiting = await paymentUntil(
      system,
      { orderId: order.id, token, what: 'needs action' },
      ({ status }) => status === 'requires_action',
    );
    const more = { status: 'captured', amount: euros(1), captured: euros(1), customerId: anna.id };
    const confirmed = await expectStatus(
      200,
      call<Payment>(url, `POST /api/payments/${waiting.id}/confirm`, {
        token,
        body: more,
        idempotencyKey: randomUUID(),
      }),
    );
    expect(confirmed.body.amount).toEqual(euros(1500));
    const after = await orderUntil(system, { id: order.id, token }, 'paid');
    expect(after).toMatchObject({ customerId: bert.id, total: euros(1500) });
  });
});

describe('the price of an order', () => {
  it('is the catalogue’s, to the cent', async () => {
    const order = await placed(system, bert.accessToken, orderOf(product.id, 3));
    expect(order.items[0]).toMatchObject({ unitPrice: euros(1500), lineTotal: euros(4500) });
    expect(order.total).toEqual(euros(4500));
  });
});

import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, it } from '@jest/globals';
import {
  adminToken,
  call,
  expectProblem,
  expectStatus,
  newPerson,
  openSystem,
  readPages,
} from '@souk/testkit';
import { availableOf, euros, orderOf, placed, stocked, type Page, type Product } from './support/shop.js';

const system = await openSystem();
const { url } = system;

let admin: string;
let user: string;

beforeAll(async () => {
  [admin, { accessToken: user }] = await Promise.all([adminToken(system), newPerson(system)]);
});

const list = async (query: string): Promise<Product[]> =>
  (await expectStatus(200, call<Page<Product>>(url, `GET /api/products?${query}`))).body.items;

describe('the catalogue', () => {
  it('is there from the start: 40 products in 6 categories at least', async () => {
    const products = (await readPages<Product>(url, { path: '/api/products', limit: 100 })).flat();
    expect(products.length).toBeGreaterThanOrEqual(40);
    expect(new Set(products.map(({ category }) => category)).size).toBeGreaterThanOrEqual(6);
    for (const product of products)
      expect(product).toEqual({
        id: expect.any(String),
        sku: expect.any(String),
        name: expect.any(String),
        description: expect.any(String),
        category: expect.any(String),
        imageUrl: expect.any(String),
        price: { amount: expect.any(Number), currency: expect.stringMatching(/^[A-Z]{3}$/) },
        available: expect.any(Number),
        version: expect.any(Number),
      });
  });

  it.each(['name', 'price', '-price', 'newest'])('walks by %s without a gap or a repeat', async (sort) => {
    const whole = await list(`category=spices&sort=${sort}&limit=100`);
    for (const limit of [1, 3, 100]) {
      const pages = await readPages<Product>(url, {
        path: `/api/products?category=spices&sort=${sort}`,
        limit,
      });
      expect(pages.flat().map(({ id }) => id)).toEqual(whole.map(({ id }) => id));
    }
    const prices = whole.map(({ price }) => price.amount);
    if (sort === 'price') expect(prices).toEqual([...prices].sort((a, b) => a - b));
    if (sort === '-price') expect(prices).toEqual([...prices].sort((a, b) => b - a));
    expect(whole.length).toBe(7);
  });

  it('gives 20 unless asked', async () => {
    expect((await list('')).length).toBe(20);
    expect((await list('limit=1')).length).toBe(1);
  });

  it('finds a part of name, SKU or description in any case, the name first', async () => {
    expect((await list('search=SENCHA')).map(({ sku }) => sku)).toContain('TEA-SENCHA');
    expect((await list('search=tea-assam')).map(({ sku }) => sku)).toEqual(['TEA-ASSAM']);
    const found = await list('search=olive&limit=100');
    const inName = found.map(({ name }) => name.toLowerCase().includes('olive'));
    expect(inName).toContain(true);
    expect(inName).toContain(false);
    expect(inName).toEqual([...inName].sort((a, b) => Number(b) - Number(a)));
    expect(await list('search=the&category=tea')).not.toEqual([]);
    expect(await list(`search=${randomUUID()}`)).toEqual([]);
    expect(await list('category=nothing')).toEqual([]);
  });

  it.each(['%25', '_', '%5C', "'", "';%20drop%20table%20product;--", '%00', '%F0%9F%98%80', '*', '('])(
    'takes %s as it stands',
    async (text) => {
      const answer = await call<Page<Product>>(url, `GET /api/products?search=${text}&limit=100`);
      if (answer.status !== 200) await expectProblem(answer, 'invalid_argument');
      else
        for (const product of answer.body.items)
          expect(JSON.stringify(product).toLowerCase()).toContain(
            JSON.stringify(decodeURIComponent(text).toLowerCase()).slice(1, -1),
          );
    },
  );

  it.each([
    'limit=0',
    'limit=101',
    'limit=-1',
    'limit=1.5',
    'limit=ten',
    'sort=size',
    'cursor=x',
    'page=2',
    'search=',
  ])('refuses %s', async (query) => {
    await expectProblem(call(url, `GET /api/products?${query}`), 'invalid_argument');
  });

  it('refuses a cursor of another order', async () => {
    const { body } = await call<Page<Product>>(url, 'GET /api/products?limit=2&sort=name');
    const answer = await call(url, `GET /api/products?sort=price&cursor=${body.nextCursor ?? ''}`);
    expect([200, 400]).toContain(answer.status);
    if (answer.status === 400) await expectProblem(answer, 'invalid_argument');
  });
});

describe('a product', () => {
  const body = () => ({
    sku: randomUUID(),
    name: 'Brass scale',
    description: 'Weighs spices.',
    category: 'tests',
    price: euros(4200),
  });

  it('is made and changed by an administrator who has seen its present state', async () => {
    const fresh = body();
    const made = await expectStatus(
      201,
      call<Product>(url, 'POST /api/products', { token: admin, body: fresh }),
    );
    expect(made.body).toMatchObject({ ...fresh, available: 0, version: 1 });
    expect(made.headers.get('location')).toBe(`/api/products/${made.body.id}`);
    await expectProblem(call(url, 'POST /api/products', { token: admin, body: fresh }), 'already_exists');

    const target = `PATCH /api/products/${made.body.id}` as const;
    const patch = (ifMatch: string | undefined, changes: unknown = { price: euros(4300) }) =>
      call<Product>(url, target, {
        token: admin,
        body: changes,
        headers: ifMatch === undefined ? {} : { 'if-match': ifMatch },
      });
    await expectProblem(patch(undefined), 'precondition_required');
    await expectProblem(patch('W/"99"'), 'precondition_failed');
    const changed = await expectStatus(200, patch('W/"1"'));
    expect(changed.body).toMatchObject({ price: euros(4300), name: fresh.name, version: 2 });
    expect(changed.headers.get('etag')).toBe('W/"2"');
    await expectProblem(patch('W/"1"'), 'precondition_failed');
    await expectStatus(200, patch('"2"', { name: 'Fine brass scale' }));
    await expectProblem(patch('W/"3"', { sku: 'another' }), 'invalid_argument');
    await expectProblem(patch('W/"3"', {}), 'invalid_argument');
  });

  it('is changed by one of several at once', async () => {
    const id = await stocked(system, 1);
    const { version } = (await call<Product>(url, `GET /api/products/${id}`)).body;
    const answers = await Promise.all(
      Array.from({ length: 10 }, (_, index) =>
        call(url, `PATCH /api/products/${id}`, {
          token: admin,
          body: { price: euros(1001 + index) },
          headers: { 'if-match': `W/"${String(version)}"` },
        }),
      ),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([200, ...Array<number>(9).fill(412)]);
  });

  it('is not sent again to who has it', async () => {
    const id = await stocked(system, 1);
    const read = await expectStatus(200, call<Product>(url, `GET /api/products/${id}`));
    const tag = read.headers.get('etag') ?? '';
    expect(tag).toBe(`W/"${String(read.body.version)}"`);
    for (const known of [tag, tag.slice(2), `"0", ${tag}`, '*']) {
      const again = await call(url, `GET /api/products/${id}`, { headers: { 'if-none-match': known } });
      expect(again).toMatchObject({ status: 304, body: undefined });
    }
    await expectStatus(200, call(url, `GET /api/products/${id}`, { headers: { 'if-none-match': 'W/"0"' } }));
  });

  it('has a stock, never below what is reserved', async () => {
    const id = await stocked(system, 5);
    const order = await placed(system, user, orderOf(id, 3, 'tok_3ds'));
    const stock = (onHand: unknown, token = admin) =>
      call(url, `PUT /api/products/${id}/stock`, { token, body: { onHand } });
    expect((await expectStatus(200, stock(7))).body).toEqual({ onHand: 7, reserved: 3, available: 4 });
    await expectProblem(stock(2), 'conflict');
    for (const wrong of [-1, 1.5, '7', null, 1e12]) await expectProblem(stock(wrong), 'invalid_argument');
    await expectProblem(stock(7, user), 'permission_denied');
    expect(await availableOf(system, id)).toBe(4);
    await expectProblem(
      call(url, `PUT /api/products/${randomUUID()}/stock`, { token: admin, body: { onHand: 1 } }),
      'not_found',
    );
    await expectStatus(
      202,
      call(url, `POST /api/orders/${order.id}/cancel`, { token: user, idempotencyKey: randomUUID() }),
    );
  });

  it('that is unknown is 404', async () => {
    await expectProblem(call(url, `GET /api/products/${randomUUID()}`), 'not_found');
    await expectProblem(call(url, 'GET /api/products/1'), 'invalid_argument', 'not_found');
    const headers = { 'if-match': 'W/"1"' };
    const change = call(url, `PATCH /api/products/${randomUUID()}`, {
      token: admin,
      body: { name: 'x' },
      headers,
    });
    await expectProblem(change, 'not_found');
  });

  it('has a picture of its own', async () => {
    const id = await stocked(system, 1);
    const picture = await expectStatus(200, call<string>(url, `GET /api/products/${id}/picture`));
    expect(picture.headers.get('content-type')).toContain('image/svg+xml');
    expect(picture.body).toContain('<svg');
  });

  it.each<[string, Record<string, unknown>]>([
    ['a negative price', { price: euros(-1) }],
    ['a price in fractions', { price: euros(1.5) }],
    ['a price as text', { price: '12' }],
    ['no currency', { price: { amount: 1 } }],
    ['an unknown field', { onHand: 5 }],
    ['an SKU with spaces', { sku: 'a b' }],
    ['an empty name', { name: '' }],
    ['a long description', { description: 'x'.repeat(2001) }],
  ])('is refused with %s', async (_what, wrong) => {
    const request = { token: admin, body: { ...body(), ...wrong } };
    await expectProblem(call(url, 'POST /api/products', request), 'invalid_argument');
  });
});

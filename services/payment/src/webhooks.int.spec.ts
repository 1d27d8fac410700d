import { createHmac, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Service } from '@souk/comms/service';
import { createApp } from './app.js';
import { eventually } from './testing/eventually.js';
import { apiKey, startGround, webhookSecret, type Ground } from './testing/ground.js';
import { openShop, type Shop, type TestOrder } from './testing/shop.js';

let ground: Ground;
let shop: Shop;
let app: Service;
let url: string;

beforeAll(async () => {
  ground = await startGround();
  app = await createApp(ground.config);
  const { httpPort } = await app.start();
  url = `http://127.0.0.1:${String(httpPort)}/api/payments/webhooks/provider`;
  shop = await openShop(ground);
});

afterAll(async () => {
  await shop.stop();
  await app.stop();
  await ground.stop();
});

const nowSeconds = () => Math.floor(Date.now() / 1000);
const bodyOf = (paymentId: string, id = `evt_${randomUUID()}`, type = 'confirmed'): string =>
  JSON.stringify({ events: [{ id, type, paymentId }] });

async function post(
  body: string,
  options: { secret?: string; at?: number; signature?: string } = {},
): Promise<number> {
  const at = options.at ?? nowSeconds();
  const mac = createHmac('sha256', options.secret ?? webhookSecret)
    .update(`${String(at)}.${body}`)
    .digest('hex');
  const headers = {
    'content-type': 'application/json',
    'souk-signature': options.signature ?? `t=${String(at)},v1=${mac}`,
  };
  return (await fetch(url, { method: 'POST', headers, body })).status;
}

const stored = async (id: string): Promise<number> =>
  (await ground.pool.query('select 1 from provider_event where id = $1', [id])).rowCount ?? 0;
const statusOf = async ({ paymentId }: TestOrder): Promise<unknown> =>
  (await ground.pool.query<{ status: string }>('select status from payment where id = $1', [paymentId]))
    .rows[0]?.status;

const wantedBy = async ({ paymentId }: TestOrder): Promise<unknown> =>
  (
    await ground.pool.query<{ wanted: string | null }>('select wanted from payment where id = $1', [
      paymentId,
    ])
  ).rows[0]?.wanted;

describe('a webhook', () => {
  it('is kept once, however often it comes', async () => {
    const id = `evt_${randomUUID()}`;
    const body = bodyOf(randomUUID(), id);
    expect(await post(body)).toBe(204);
    expect(await post(body)).toBe(204);
    expect(await stored(id)).toBe(1);
  });

  it('may be signed with the secret before', async () => {
    expect(await post(bodyOf(randomUUID()), { secret: 'the one before' })).toBe(204);
  });

  it.each([
    ['with another secret', { secret: 'guess' }],
    ['six minutes ago', { at: nowSeconds() - 360 }],
    ['six minutes ahead', { at: nowSeconds() + 360 }],
    ['not at all', { signature: '' }],
  ])('signed %s is refused and not kept', async (_how, options) => {
    const id = `evt_${randomUUID()}`;
    expect(await post(bodyOf(randomUUID(), id), options)).toBe(401);
    expect(await stored(id)).toBe(0);
  });

  it('takes effect once, however many come at the same moment', async () => {
    const order = await shop.place('tok_3ds');
    await shop.heard(order, 'ActionRequired');
    const askedBefore = await attemptsOf(order);
    const asked = (times: number) =>
      eventually(
        async () => [await attemptsOf(order), await wantedBy(order)],
        ([attempts, wanted]) => attempts === askedBefore + times && wanted === null,
      );
    const id = `evt_${randomUUID()}`;
    const body = bodyOf(order.paymentId, id);
    const statuses = await Promise.all(Array.from({ length: 8 }, () => post(body)));
    expect(new Set(statuses)).toEqual(new Set([204]));
    await asked(1);
    // Under another time it is another signature, and still the same event.
    expect(await post(body, { at: nowSeconds() - 200 })).toBe(204);
    expect(await post(bodyOf(order.paymentId, id, 'captured'))).toBe(204);
    const other = `evt_${randomUUID()}`;
    expect(await post(bodyOf(order.paymentId, other))).toBe(204);
    await asked(2);
    expect([await stored(id), await stored(other)]).toEqual([1, 1]);
    expect(shop.eventsOf(order)).toEqual(['Started', 'ActionRequired']);
  });

  it('keeps its first telling when its id comes again for another payment', async () => {
    const id = `evt_${randomUUID()}`;
    const [first, second] = [randomUUID(), randomUUID()];
    expect([await post(bodyOf(first, id)), await post(bodyOf(second, id))]).toEqual([204, 204]);
    const { rows } = await ground.pool.query<{ payment_id: string }>(
      'select payment_id from provider_event where id = $1',
      [id],
    );
    expect(rows.map((row) => row.payment_id)).toEqual([first]);
  });

  it.each([
    ['twice', (genuine: string) => [genuine, genuine]],
    ['once by us and once by another', (genuine: string) => [`t=1,v1=${'0'.repeat(64)}`, genuine]],
  ])('with its signature there %s is refused', async (_how, headersOf) => {
    const id = `evt_${randomUUID()}`;
    const body = bodyOf(randomUUID(), id);
    const at = String(nowSeconds());
    const mac = createHmac('sha256', webhookSecret).update(`${at}.${body}`).digest('hex');
    const headers = new Headers({ 'content-type': 'application/json' });
    for (const value of headersOf(`t=${at},v1=${mac}`)) headers.append('souk-signature', value);
    expect((await fetch(url, { method: 'POST', headers, body })).status).toBe(401);
    expect(await stored(id)).toBe(0);
  });

  it('with a body changed after it was signed is refused', async () => {
    const at = nowSeconds();
    const mac = createHmac('sha256', webhookSecret)
      .update(`${String(at)}.${bodyOf(randomUUID())}`)
      .digest('hex');
    expect(await post(bodyOf(randomUUID()), { signature: `t=${String(at)},v1=${mac}` })).toBe(401);
  });

  it.each(['no JSON', '{}', '{"events":[]}', '{"events":[{"id":"e","type":"t","paymentId":"no uuid"}]}'])(
    'of %j is malformed',
    async (body) => {
      expect(await post(body)).toBe(400);
    },
  );

  it('sets no state by itself: the provider is asked', async () => {
    const order = await shop.place('tok_3ds');
    await shop.heard(order, 'ActionRequired');
    const askedBefore = await attemptsOf(order);
    expect(await post(bodyOf(order.paymentId))).toBe(204);
    await eventually(
      () => attemptsOf(order),
      (attempts) => attempts > askedBefore,
    );
    await eventually(
      () => statusOf(order),
      (status) => status === 'requires_action',
    );
    expect(shop.eventsOf(order)).toEqual(['Started', 'ActionRequired']);
  });

  it('of the provider itself brings what happened there without us', async () => {
    const order = await shop.place('tok_3ds');
    await shop.heard(order, 'ActionRequired');
    const { rows } = await ground.pool.query<{ provider_id: string }>(
      'select provider_id from payment where id = $1',
      [order.paymentId],
    );
    const path = `/v1/authorizations/${String(rows[0]?.provider_id)}/confirm`;
    const headers = { authorization: `Bearer ${apiKey}`, 'idempotency-key': 'by the customer' };
    expect((await fetch(ground.providerUrl + path, { method: 'POST', headers })).status).toBe(200);
    expect(await shop.heard(order, 'Authorized')).toEqual(['Started', 'ActionRequired', 'Authorized']);
  });

  it('comes after all when we could not take it at first', async () => {
    const before = await shop.place('tok_visa');
    await shop.heard(before, 'Authorized');
    await ground.restartProvider();
    const events = async () =>
      (await ground.pool.query('select 1 from provider_event where payment_id = $1', [before.paymentId]))
        .rowCount ?? 0;
    expect(await eventually(events, (count) => count > 0)).toBe(1);
    await shop.confirm(before);
    await shop.heard(before, 'Captured');
  });
});

async function attemptsOf({ paymentId }: TestOrder): Promise<number> {
  const { rows } = await ground.pool.query<{ attempts: number }>(
    'select attempts from payment where id = $1',
    [paymentId],
  );
  return rows[0]?.attempts ?? 0;
}

import { createHmac, randomBytes, randomUUID } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createEvents, type IncomingMessage } from '@souk/comms/events';
import { createLogger } from '@souk/comms/telemetry';
import { topicsToCreate } from '@souk/contracts/topics';
import { call, expectProblem, expectStatus, need, newPerson, openSystem, signIn, until } from '@souk/testkit';
import pg from 'pg';
import { startCollector, type Collector } from './support/collector.js';
import { orderOf, orderUntil, placed, stocked, type Order } from './support/shop.js';

const system = await openSystem();
const { url } = system;
const suite = need(system, 'sql', 'kill') ? describe : describe.skip;
const traced = ['order-1', 'product-1', 'payment-1', 'identity-1'];

interface Place {
  readonly name: string;
  readonly text: string;
}

const filesIn = (folder: string): Place[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => ({ name, text: readFileSync(join(parentPath, name), 'latin1') }));

/** Every row of every table, bytes as the text that they are. */
async function rowsOf(service: string): Promise<Place[]> {
  const client = new pg.Client({ connectionString: system.inside.databases[service] });
  await client.connect();
  try {
    const { rows: tables } = await client.query<{ name: string }>(
      `select quote_ident(tablename) as name from pg_tables where schemaname = 'public'`,
    );
    const places: Place[] = [];
    for (const { name } of tables) {
      const { rows } = await client.query<Record<string, unknown>>(`select * from ${name}`);
      for (const [column, value] of rows.flatMap((row) => Object.entries(row)))
        places.push({ name: `${service}.${name}.${column}`, text: textOf(value) });
    }
    return places;
  } finally {
    await client.end();
  }
}

const textOf = (value: unknown): string =>
  Buffer.isBuffer(value) ? value.toString('latin1') : JSON.stringify(value);

async function messages(): Promise<Place[]> {
  const logger = createLogger({ service: 'test', instance: 'test', level: 'silent' });
  const events = await createEvents({ url: system.inside.eventsUrl, clientId: 'secrets', logger });
  const places: Place[] = [];
  try {
    for (const { topic } of topicsToCreate)
      await events.scan(topic, ({ key, headers, value }: IncomingMessage) => {
        const text = `${key} ${JSON.stringify(headers)} ${value.toString('latin1')}`;
        places.push({ name: `${topic} ${headers['ce_type'] ?? ''}`, text });
      });
  } finally {
    await events.close();
  }
  return places;
}

/** The long lines of a key, or the secret itself. */
const secretsOf = ({ text }: Place): string[] =>
  text.split('\n').filter((line) => line.length >= 24 && !line.startsWith('-----'));

suite('a secret', () => {
  const cardNumber = '4242424242424242';
  const token = `tok_${randomBytes(12).toString('hex')}`;
  const guess = `guess-${randomUUID()}`;
  const bodies: Place[] = [];
  const secrets = new Map<string, string>();
  let collector: Collector;
  let places: Record<'logs' | 'spans' | 'messages' | 'rows', Place[]>;

  beforeAll(async () => {
    collector = await startCollector();
    const environment = { OTEL_EXPORTER_OTLP_ENDPOINT: collector.endpoint };
    for (const instance of traced) await system.control.restart(instance, environment);
    const anna = await newPerson(system);
    const traceId = randomBytes(16).toString('hex');
    await leaveTraces(anna, `00-${traceId}-b7ad6b7169203331-01`);
    await until(() => collector.received.some((text) => text.includes(traceId)), {
      withinMs: 20_000,
      what: 'the last request is in the spans',
    });
    places = {
      logs: filesIn(system.inside.logsDir),
      spans: collector.received.map((text) => ({ name: 'span', text })),
      messages: await messages(),
      rows: (await Promise.all(Object.keys(system.inside.databases).map(rowsOf))).flat(),
    };
  }, 240_000);
  afterAll(async () => {
    for (const instance of traced) await system.control.restart(instance);
    await collector.close();
  });

  async function leaveTraces(anna: Awaited<ReturnType<typeof newPerson>>, last: string): Promise<void> {
    const { accessToken, refreshToken, password, email } = anna;
    const again = await signIn(system, anna);
    const product = await stocked(system, 10);
    const placing = { token: accessToken, idempotencyKey: randomUUID() };
    const declined = await placed(system, accessToken, orderOf(product, 1, token));
    const paid = await placed(system, accessToken, orderOf(product));
    await orderUntil(system, { id: declined.id, token: accessToken }, 'cancelled');
    await orderUntil(system, { id: paid.id, token: accessToken }, 'paid');
    const signature = createHmac('sha256', system.inside.webhookSecret).update('0.{}').digest('hex');
    const refused = [
      call(url, 'POST /api/sessions', { body: { email, password: guess } }),
      call(url, 'POST /api/sessions', { body: { email, password, again: password } }),
      call(url, 'POST /api/sessions', {
        raw: { text: `{"password":"${password}"`, type: 'application/json' },
      }),
      call(url, `GET /api/users?access_token=${accessToken}&refreshToken=${refreshToken}`),
      call(url, 'GET /api/users', { token: accessToken }),
      call(url, 'GET /api/users', { token: `${accessToken}x` }),
      call(url, 'POST /api/orders', { ...placing, body: orderOf(product, 1, cardNumber) }),
      call(url, 'POST /api/orders', { ...placing, body: orderOf(product, 99, token) }),
      call(url, 'POST /api/payments/webhooks/provider', {
        body: {},
        headers: { 'souk-signature': `t=0,v1=${signature}` },
      }),
    ];
    for (const answer of await Promise.all(refused))
      bodies.push({ name: 'answer', text: JSON.stringify(await expectProblem(answer)) });
    const refreshed = await expectStatus(
      201,
      call<{ refreshToken: string }>(url, 'POST /api/sessions/refresh', { body: { refreshToken } }),
    );
    await expectProblem(
      call(url, 'POST /api/sessions/refresh', { body: { refreshToken } }),
      'unauthenticated',
    );
    const order = await call<Order>(url, `GET /api/orders/${paid.id}`, {
      token: accessToken,
      headers: { traceparent: last },
    });
    bodies.push({ name: 'answer', text: JSON.stringify(order.body) });
    const mine = { password, guess, accessToken, refreshToken, second: again.refreshToken };
    for (const [name, value] of Object.entries({ ...mine, third: refreshed.body.refreshToken, signature }))
      secrets.set(name, value);
    for (const [index, part] of accessToken.split('.').slice(1).entries())
      secrets.set(`part ${String(index)} of the access token`, part);
    for (const file of filesIn(system.inside.secretsDir).filter(
      ({ name }) => !/jwks|cert|ca\.pem/.test(name),
    ))
      for (const [index, secret] of secretsOf(file).entries())
        secrets.set(`${file.name} ${String(index)}`, secret);
  }

  const leaksIn = (where: readonly Place[]): string[] =>
    [...secrets].flatMap(([secret, value]) =>
      where.filter(({ text }) => text.includes(value)).map(({ name }) => `${secret} in ${name}`),
    );
  const namesWith = (value: string, where: readonly Place[]): Set<string> =>
    new Set(where.filter(({ text }) => text.includes(value)).map(({ name }) => name));

  it('is looked for, among much', () => {
    expect(secrets.size).toBeGreaterThan(15);
    for (const [name, found] of Object.entries(places))
      expect([name, found.length]).toEqual([name, expect.any(Number)]);
    expect(namesWith('authorized', places.rows).size).toBeGreaterThan(0);
    expect(places.messages.length).toBeGreaterThan(5);
    expect(places.spans.length).toBeGreaterThan(0);
  });

  it.each(['logs', 'spans', 'messages', 'rows'] as const)('is not in the %s', (where) => {
    expect(leaksIn(places[where])).toEqual([]);
  });

  it('is not in an answer', () => {
    expect(leaksIn(bodies)).toEqual([]);
  });

  it('of the provider travels from the order to the payment, and goes nowhere else', () => {
    for (const where of [places.logs, places.spans, bodies])
      expect([...namesWith(token, where), ...namesWith('tok_visa', where)]).toEqual([]);
    expect(namesWith(token, places.messages)).toEqual(new Set(['order.events.v1 souk.order.v1.OrderPlaced']));
    expect(namesWith(token, places.rows)).toEqual(new Set(['order.outbox.payload', 'payment.payment.token']));
  });

  it('of a card is refused in place of a token, and kept nowhere', () => {
    for (const where of [...Object.values(places), bodies])
      expect([...namesWith(cardNumber, where)]).toEqual([]);
  });
});

import { randomInt, randomUUID } from 'node:crypto';
import { setImmediate as turn } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type pg from 'pg';
import { noMeasures, silent, startEventGround, type EventGround } from '../testing/event-ground.js';
import { canRunKafka } from '../testing/kafka.js';
import { startTestPostgres, type TestPostgres } from '../testing/postgres.js';
import { count, countedCodec, countedType, createToyTables } from '../testing/toy.js';
import { gate, until } from '../testing/until.js';
import { createMessage, createRelay, type Publisher } from './index.js';

const seed = Number(process.env['SEED'] ?? randomInt(2 ** 31));

const topicOf = 'toy.events.v1';

/** Makes one more event of a toy, in the transaction that changes it. */
const bump = async (pool: pg.Pool, id: string): Promise<void> => {
  const { rows } = await pool.query<{ version: number }>('select version from toy where id = $1', [id]);
  const version = rows[0]?.version ?? 0;
  const message = createMessage({
    topic: topicOf,
    subject: id,
    version,
    type: countedType,
    payload: countedCodec.encode({ by: version }),
  });
  const outcome = await count(pool, { id, version, by: 1, cause: { kind: 'internal' }, messages: [message] });
  if (outcome === 'stale') await bump(pool, id);
};

describe('the relay', () => {
  let postgres: TestPostgres;
  let pool: pg.Pool;

  beforeAll(async () => {
    postgres = await startTestPostgres();
    pool = await postgres.createServiceDatabase('souk_toy', 20);
    await createToyTables(pool);
    process.stderr.write(`relay: SEED=${String(seed)}\n`);
  });
  beforeEach(async () => {
    await pool.query(
      `truncate outbox, toy; update outbox_bucket set owner = '', epoch = 0, lease_until = '-infinity'`,
    );
  });
  afterAll(() => postgres.stop(), 30_000);

  const relayTo = (events: Publisher, failpoint?: (name: string) => Promise<void>) =>
    createRelay({
      pool,
      events,
      logger: silent,
      measures: noMeasures,
      source: 'toy',
      instance: 'toy',
      failpoint,
    });
  const lapse = () => pool.query(`update outbox_bucket set lease_until = now() - interval '1 ms'`);
  const unsent = async () =>
    (await pool.query<{ n: number }>('select count(*)::int n from outbox where sent_at is null')).rows[0]
      ?.n ?? 0;
  const makeToys = async (n: number) => {
    const ids = Array.from({ length: n }, () => randomUUID());
    await pool.query('insert into toy select unnest($1::text[]), 1, 0', [ids]);
    return ids;
  };
  /** A topic: what came, in the order that it came. */
  const createLog = () => {
    const versions = new Map<string, number[]>();
    const publisher: Publisher = {
      publish: async (_topic, messages) => {
        await turn();
        for (const { key, headers } of messages)
          versions.set(key, [...(versions.get(key) ?? []), Number(headers['ce_sequence'])]);
      },
    };
    return { versions, publisher };
  };

  it('publishes first copies in order, loses nothing and marks every row, whatever happens to two relays', async () => {
    const step = fc.constantFrom(
      'write',
      'write',
      'write',
      'crash',
      'refuse',
      'lapse',
      'pause',
      'resume',
      'restart',
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { minLength: 5, maxLength: 40 }),
        fc.infiniteStream(fc.nat(7)),
        async (steps, choice) => {
          await pool.query(
            `truncate outbox, toy; update outbox_bucket set owner = '', lease_until = '-infinity'`,
          );
          const ids = await makeToys(8);
          const { versions, publisher } = createLog();
          const trouble = { crash: 0, refuse: 0 };
          let paused: ReturnType<typeof gate> | undefined;
          const start = async (index: number) => {
            const relay = relayTo(
              {
                publish: async (topic, messages) => {
                  if (trouble.refuse > 0 && trouble.refuse-- > 0) throw new Error('the broker is away');
                  await publisher.publish(topic, messages);
                },
              },
              async (name) => {
                if (index === 0) await paused?.opened;
                if (name === 'relay.after-publish-before-mark' && trouble.crash > 0 && trouble.crash-- > 0)
                  throw new Error('crashed');
              },
            );
            await relay.start();
            return relay;
          };
          const relays = [await start(0), await start(1)];
          const resume = () => {
            paused?.open();
            paused = undefined;
          };
          const writes: Promise<void>[] = [];
          for (const name of steps) {
            if (name === 'write') {
              for (const { value } of [choice.next(), choice.next(), choice.next()])
                writes.push(bump(pool, ids[value as number] ?? ''));
              if (choice.next().value === 0) await Promise.all(writes);
              for (const relay of relays) relay.poke();
            } else if (name === 'crash' || name === 'refuse') trouble[name] += 1;
            else if (name === 'lapse') await lapse();
            else if (name === 'pause') paused ??= gate();
            else if (name === 'resume') resume();
            else {
              resume();
              await relays[1]?.stop();
              relays[1] = await start(1);
            }
          }
          await Promise.all(writes);
          // The paused one sleeps past its lease, wakes when the other has gone on, and both go on from there.
          await lapse();
          for (const relay of relays) relay.poke();
          resume();
          await until('every row is marked', async () => (await unsent()) === 0);
          await Promise.all(relays.map((relay) => relay.stop()));
          const { rows } = await pool.query<{ subject: string; n: number }>(
            'select subject, max(version) as n from outbox group by subject',
          );
          for (const { subject, n } of rows) {
            const first = [...new Set(versions.get(subject))];
            expect(first).toEqual(Array.from({ length: n }, (_, index) => index + 1));
          }
        },
      ),
      { seed, numRuns: 12, endOnFailure: true },
    );
  });

  it('lets a relay that slept past its lease mark nothing, and publish nothing new out of order', async () => {
    const [id = ''] = await makeToys(1);
    const { versions, publisher } = createLog();
    const [asleep, wake] = [gate(), gate()];
    const sleeper = relayTo(publisher, async (name) => {
      if (name !== 'relay.after-publish-before-mark') return;
      asleep.open();
      await wake.opened;
    });
    await bump(pool, id);
    await sleeper.start();
    await asleep.opened;
    await lapse();
    const [held, goOn] = [gate(), gate()];
    const successor = relayTo({
      publish: async (topic, messages) => {
        held.open();
        await goOn.opened;
        await publisher.publish(topic, messages);
      },
    });
    await successor.start();
    await held.opened;
    wake.open();
    const stopping = sleeper.stop();
    await stopping;
    expect(await unsent()).toBe(1);
    goOn.open();
    await until('it is marked', async () => (await unsent()) === 0);
    await successor.stop();
    expect(versions.get(id)).toEqual([1, 1]);
  });

  it('publishes at once when poked, also while a round is under way', async () => {
    const [id = ''] = await makeToys(1);
    const { versions, publisher } = createLog();
    const relay = relayTo(publisher);
    await relay.start();
    const times: number[] = [];
    for (let n = 1; n <= 20; n += 1) {
      await bump(pool, id);
      const start = performance.now();
      relay.poke();
      await until('it is published', () => versions.get(id)?.length === n);
      times.push(performance.now() - start);
    }
    await relay.stop();
    const sorted = times.sort((a, b) => a - b);
    process.stderr.write(`relay: poke to published p50 ${sorted[10]?.toFixed(1) ?? ''} ms\n`);
    // The idle poll, which a poke is to be faster than, is due after 250 ms.
    expect(sorted[2]).toBeLessThan(240);
  });

  it('publishes all that is there before it stops', async () => {
    const [id = ''] = await makeToys(1);
    const { versions, publisher } = createLog();
    const begun = gate();
    const relay = relayTo({
      publish: async (topic, messages) => {
        begun.open();
        await publisher.publish(topic, messages);
      },
    });
    await bump(pool, id);
    await relay.start();
    await begun.opened;
    await fill(pool, { rows: 3000, topic: topicOf });
    await relay.stop();
    expect(await relay.backlog()).toBe(0);
    expect(versions.size).toBe(3001);
  });
});

/** Rows as writers would have left them, one per subject. */
const fill = (pool: pg.Pool, what: { rows: number; topic: string }) =>
  pool.query(
    `insert into outbox (id, topic, subject, version, type, payload, traceparent, bucket)
     select gen_random_uuid(), $2, gen_random_uuid(), 1, $3, decode(repeat('ab', 200), 'hex'), '', n % 16
     from generate_series(1, $1) n`,
    [what.rows, what.topic, countedType],
  );

const kinds = ['local', ...((await canRunKafka()) ? ['kafka' as const] : [])] as const;

describe.each(kinds)('the relay to the %s transport', (kind) => {
  let ground: EventGround;

  beforeAll(async () => {
    ground = await startEventGround(kind);
  });
  afterAll(() => ground.stop(), 30_000);

  it('is measured', async () => {
    const topic = await ground.createTopic();
    const events = await ground.open('relay');
    await fill(ground.pool, { rows: 10_000, topic });
    const { pool } = ground;
    const relay = createRelay({
      pool,
      events,
      logger: silent,
      measures: noMeasures,
      source: 'toy',
      instance: 'toy',
    });
    const start = performance.now();
    await relay.start();
    await until('all is sent', async () => (await relay.backlog()) === 0, 50_000);
    const seconds = (performance.now() - start) / 1000;
    await relay.stop();
    expect((await events.figures([topic], []))[0]?.produced).toBe(10_000);
    process.stderr.write(`${kind}: the relay publishes ${(10_000 / seconds).toFixed(0)} rows/s\n`);
  });
});

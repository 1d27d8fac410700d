import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type pg from 'pg';
import { startTestPostgres, type TestPostgres } from '../testing/postgres.js';
import { count, countedCodec, countedType, createToyTables } from '../testing/toy.js';
import {
  createIdempotency,
  createMessage,
  createRelay,
  inboxInsert,
  writeAndAnswer,
  type Cause,
  type EventCause,
} from './index.js';
import { noMeasures, silent } from '../testing/event-ground.js';
import { until } from '../testing/until.js';

describe('write', () => {
  let postgres: TestPostgres;
  let pool: pg.Pool;
  let id: string;

  beforeAll(async () => {
    postgres = await startTestPostgres();
    pool = await postgres.createServiceDatabase('souk_toy');
    await createToyTables(pool);
  });
  beforeEach(async () => {
    id = randomUUID();
    await pool.query('insert into toy values ($1, 1, 0)', [id]);
  });
  afterAll(() => postgres.stop(), 30_000);

  const event = (sequence: number): EventCause => ({
    kind: 'event',
    consumer: 'toy',
    topic: 'toy.events.v1',
    subject: id,
    sequence,
    messageId: randomUUID(),
  });
  const message = (version: number) =>
    createMessage({
      topic: 'toy.out.v1',
      subject: id,
      version,
      type: countedType,
      payload: countedCodec.encode({ by: version }),
    });
  const countFor = (cause: Cause, version: number, by = 5) =>
    count(pool, { id, version, by, cause, messages: [message(version + 1)] });
  const state = async () => {
    const toy = await pool.query('select version, total from toy where id = $1', [id]);
    const sent = await pool.query('select version from outbox where subject = $1 order by version', [id]);
    const inbox = await pool.query('select sequence, state from inbox where subject = $1 order by sequence', [
      id,
    ]);
    const { version, total } = toy.rows[0] as { version: number; total: number };
    return {
      version,
      total,
      sent: (sent.rows as { version: number }[]).map((row) => row.version),
      inbox: (inbox.rows as { sequence: number; state: string }[]).map(
        (row) => `${String(row.sequence)} ${row.state}`,
      ),
    };
  };
  const bury = async (cause: EventCause) => {
    const values: unknown[] = [];
    const text = inboxInsert(cause, (value) => `$${String(values.push(value))}`, {
      state: 'dead',
      guarded: 'true',
    });
    return (await pool.query(text, values)).rowCount;
  };

  it('applies an event once, with its effects and its messages', async () => {
    const cause = event(1);
    expect(await countFor(cause, 1)).toBe('applied');
    expect(await countFor(cause, 2)).toBe('already-applied');
    expect(await state()).toEqual({ version: 2, total: 5, sent: [2], inbox: ['1 applied'] });
  });

  it('applies an event once when it comes many times at the same time', async () => {
    const cause = event(1);
    const outcomes = await Promise.all(Array.from({ length: 10 }, () => countFor(cause, 1)));
    expect(outcomes.filter((outcome) => outcome === 'applied')).toHaveLength(1);
    expect(outcomes.every((outcome) => outcome === 'applied' || outcome === 'already-applied')).toBe(true);
    expect(await state()).toEqual({ version: 2, total: 5, sent: [2], inbox: ['1 applied'] });
  });

  it('writes nothing for a stale aggregate', async () => {
    expect(await countFor(event(1), 7)).toBe('stale');
    expect(await countFor({ kind: 'internal' }, 7)).toBe('stale');
    expect(await state()).toEqual({ version: 1, total: 0, sent: [], inbox: [] });
  });

  it('lets one of many writers of the same version through', async () => {
    const outcomes = await Promise.all(Array.from({ length: 10 }, () => countFor({ kind: 'internal' }, 1)));
    expect(outcomes.filter((outcome) => outcome === 'applied')).toHaveLength(1);
    expect(await state()).toMatchObject({ version: 2, total: 5, sent: [2] });
  });

  it('writes nothing at a gap, and goes on once it is filled', async () => {
    expect(await countFor(event(1), 1)).toBe('applied');
    expect(await countFor(event(3), 2)).toBe('gap');
    expect(await state()).toEqual({ version: 2, total: 5, sent: [2], inbox: ['1 applied'] });
    expect(await countFor(event(2), 2)).toBe('applied');
    expect(await countFor(event(3), 3)).toBe('applied');
  });

  it('takes the first event that it hears of a subject, whatever its number', async () => {
    expect(await countFor(event(4), 1)).toBe('applied');
    expect(await countFor(event(5), 2)).toBe('applied');
  });

  it('applies a dead event when it is replayed, once, even after its predecessor was forgotten', async () => {
    expect(await countFor(event(1), 1)).toBe('applied');
    const dead = event(2);
    expect(await bury(dead)).toBe(1);
    expect(await countFor(event(3), 2)).toBe('applied');
    await pool.query('delete from inbox where subject = $1 and sequence = 1', [id]);
    expect(await countFor(dead, 3)).toBe('applied');
    expect(await countFor(dead, 4)).toBe('already-applied');
    expect((await state()).inbox).toEqual(['2 applied', '3 applied']);
  });

  it('leaves nothing half written when an effect fails', async () => {
    await expect(countFor(event(1), 1, 1000)).rejects.toThrow(/toy_total_check/);
    expect(await state()).toEqual({ version: 1, total: 0, sent: [], inbox: [] });
    expect(await countFor(event(1), 1)).toBe('applied');
    const again = message(2);
    await expect(count(pool, { id, version: 2, by: 1, cause: event(2), messages: [again] })).rejects.toThrow(
      /outbox_topic_subject_version_key/,
    );
    expect(await state()).toEqual({ version: 2, total: 5, sent: [2], inbox: ['1 applied'] });
  });

  it('writes nothing for a claim that was lost, and answers its repeat with what was stored', async () => {
    const idempotency = createIdempotency(pool);
    const request = { principal: 'p', route: 'r', key: id, fingerprint: 'f' };
    const reply = { status: 201, body: { id } };
    let late: Cause | undefined;
    await idempotency.run(request, async (claim) => {
      late = { kind: 'command', claim, reply };
      await pool.query(`update idempotency set owner = gen_random_uuid() where key = $1`, [id]);
      expect(await countFor(late, 1)).toBe('lease-lost');
      await pool.query(`update idempotency set owner = $2 where key = $1`, [id, claim.owner]);
      expect(await countFor(late, 1)).toBe('applied');
      expect(await countFor(late, 2)).toBe('already-applied');
      return reply;
    });
    expect(await state()).toMatchObject({ version: 2, total: 5, sent: [2] });
  });

  it('answers what its reads saw, whatever the outcome', async () => {
    const ask = (version: number) =>
      writeAndAnswer(pool, {
        name: 'toy/ask',
        cause: { kind: 'internal' },
        reads: (bind) =>
          `seen as (select total from toy where id = ${bind(id)} and version <= ${bind(version)})`,
        guard: (bind) =>
          `select id from toy where id = ${bind(id)} and version = ${bind(version)} for update`,
        effects: [],
        messages: [],
        answer: '(select total from seen)',
      });
    expect(await ask(1)).toEqual({ outcome: 'applied', answer: 0 });
    expect(await ask(9)).toEqual({ outcome: 'stale', answer: 0 });
  });

  it('keeps of old inbox rows what the next event of a subject is measured by', async () => {
    for (const sequence of [1, 2, 3]) await countFor(event(sequence), sequence);
    const dead = event(4);
    await bury(dead);
    await countFor(event(5), 4);
    const other = randomUUID();
    await pool.query(
      `insert into inbox (consumer, topic, subject, sequence, message_id, state)
       select 'toy', 'toy.events.v1', $1, n, gen_random_uuid(), 'applied' from generate_series(1, 3) n`,
      [other],
    );
    await pool.query(`update inbox set at = now() - interval '8 days'`);
    const relay = createRelay({
      pool,
      events: { publish: () => Promise.resolve() },
      logger: silent,
      measures: noMeasures,
      source: 'toy',
      instance: 'toy-1',
      purgeEveryMs: 0,
    });
    await relay.start();
    const left = (subject: string) =>
      pool.query<{ sequence: number }>('select sequence from inbox where subject = $1 order by 1', [subject]);
    await until('the quiet subject is forgotten', async () => (await left(other)).rowCount === 0);
    await relay.stop();
    expect((await left(id)).rows.map(({ sequence }) => sequence)).toEqual([4, 5]);
    expect(await countFor(event(7), 5)).toBe('gap');
    expect(await countFor(event(6), 5)).toBe('applied');
    expect(await countFor(dead, 6)).toBe('applied');
  });
});

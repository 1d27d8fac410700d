import { randomUUID } from 'node:crypto';
import type pg from 'pg';
import {
  caused,
  recordset,
  write,
  type Cause,
  type OutboxMessage,
  type WriteOutcome,
} from '../outbox/index.js';

/** An event of the toy aggregate, written as JSON. */
export interface Counted {
  readonly by: number;
}

export const countedType = 'toy.v1.Counted';

export const countedCodec = {
  decode: (bytes: Uint8Array): Counted => JSON.parse(Buffer.from(bytes).toString()) as Counted,
  encode: (event: Counted): Buffer => Buffer.from(JSON.stringify(event)),
};

/** The message that event number `sequence` of a subject is sent as. */
export const countedMessage = (
  subject: string,
  sequence: number,
  overrides: { type?: string; value?: Buffer; headers?: Record<string, string> } = {},
) => ({
  key: subject,
  headers: {
    ce_id: randomUUID(),
    ce_type: overrides.type ?? countedType,
    ce_source: '/souk/toy',
    ce_subject: subject,
    ce_sequence: String(sequence),
    ...overrides.headers,
  },
  value: overrides.value ?? countedCodec.encode({ by: sequence }),
});

export const createToyTables = (pool: pg.Pool): Promise<unknown> =>
  pool.query(`create table toy (id text primary key, version integer not null, total integer not null check (total < 1000));
    create table effect (n bigint generated always as identity, consumer text, subject text, value integer);`);

/** Counts a toy from one version to the next, notes the effect and sends the messages. */
export const count = (
  db: Pick<pg.Pool, 'query'>,
  work: { id: string; version: number; by: number; cause: Cause; messages?: readonly OutboxMessage[] },
): Promise<WriteOutcome> =>
  write(db, {
    name: 'toy/count',
    cause: work.cause,
    guard: (bind) =>
      `select id from toy where id = ${bind(work.id)} and version = ${bind(work.version)} for update`,
    effects: [
      (bind) => `update toy set version = version + 1, total = total + ${bind(work.by)}::integer
        where id = ${bind(work.id)} and ${caused}`,
    ],
    messages: work.messages ?? [],
  });

/** Notes the effect of an event alone. */
export const noteEffect = (
  db: Pick<pg.Pool, 'query'>,
  work: { consumer: string; subject: string; value: number; cause: Cause },
): Promise<WriteOutcome> =>
  write(db, {
    name: 'toy/effect',
    cause: work.cause,
    effects: [
      (bind) => `insert into effect (consumer, subject, value) select e.consumer, e.subject, e.value
        from ${recordset(bind, [{ consumer: work.consumer, subject: work.subject, value: work.value }], {
          alias: 'e',
          columns: { consumer: 'text', subject: 'text', value: 'integer' },
        })} where ${caused}`,
    ],
    messages: [],
  });

/** The effects on a subject in the order they came. */
export async function effectsOf(pool: pg.Pool, consumer: string, subject: string): Promise<number[]> {
  const { rows } = await pool.query<{ value: number }>(
    'select value from effect where consumer = $1 and subject = $2 order by n',
    [consumer, subject],
  );
  return rows.map(({ value }) => value);
}

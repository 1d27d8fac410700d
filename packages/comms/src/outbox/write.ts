import type pg from 'pg';
import { causeQuery, type Bind, type Cause, type EventCause } from './cause.js';
import { bucketOf, type OutboxMessage } from './message.js';
import { recordset } from './recordset.js';

/** A pool, or a client inside a transaction. */
export type Queryable = Pick<pg.Pool, 'query'>;

/**
 * - `applied`: written, all of it.
 * - `already-applied`: this cause took effect before; nothing was written.
 * - `stale`: the aggregate is no longer as it was read; nothing was written, read again and decide anew.
 * - `gap`: an earlier message of the subject is still missing; nothing was written, wait for it.
 * - `lease-lost`: somebody else works on this idempotency key now; nothing was written.
 */
export type WriteOutcome = 'applied' | 'already-applied' | 'stale' | 'gap' | 'lease-lost';

export interface Write {
  /** Names the prepared statement; its text may depend on nothing but this name and the cause's kind. */
  readonly name: string;
  readonly cause: Cause;
  /** Common table expressions that the guard, the effects and the answer may use: `a as (…), b as (…)`. */
  readonly reads?: (bind: Bind) => string;
  /** A `select … for update` that yields a row when the aggregate is as it was read. */
  readonly guard?: (bind: Bind) => string;
  /** Data-modifying statements; each must be conditional on `caused`. */
  readonly effects: readonly ((bind: Bind) => string)[];
  readonly messages: readonly OutboxMessage[];
  /** An expression over the reads, answered whatever the outcome is. */
  readonly answer?: string;
}

/** The condition that every effect carries: the cause takes effect in this very statement. */
export const caused = 'exists (select 1 from cause)';

/**
 * Writes cause, effects and messages in one statement, so that all of it happens or nothing does, in one round trip.
 */
export async function write(db: Queryable, work: Write): Promise<WriteOutcome> {
  return (await writeAndAnswer(db, work)).outcome;
}

/** `write`, with the value of `work.answer` as the statement saw it. */
export async function writeAndAnswer(
  db: Queryable,
  work: Write,
): Promise<{ outcome: WriteOutcome; answer: unknown }> {
  const values: unknown[] = [];
  const bind: Bind = (value) => `$${String(values.push(value))}`;
  const guarded = work.guard ? 'exists (select 1 from guard)' : 'true';
  const parts = [
    ...(work.reads ? [work.reads(bind)] : []),
    ...(work.guard ? [`guard as (${work.guard(bind)})`] : []),
    `cause as (${causeQuery(work.cause, bind, guarded)})`,
    ...work.effects.map((effect, index) => `effect${String(index)} as (${effect(bind)})`),
    `sent as (${outboxInsert(work.messages, bind)})`,
  ];
  const text = `with ${parts.join(',\n')}
    select ${guarded} as guarded, ${caused} as caused, ${work.answer ?? 'null'} as answer`;
  const { rows } = await db.query<{ guarded: boolean; caused: boolean; answer: unknown }>({
    name: `${work.name}/${work.cause.kind}`,
    text,
    values,
  });
  const [row] = rows;
  const outcome = row?.caused === true ? 'applied' : await refusal(db, work.cause, row?.guarded === true);
  return { outcome, answer: row?.answer };
}

const messageColumns = {
  id: 'uuid',
  topic: 'text',
  subject: 'uuid',
  version: 'integer',
  type: 'text',
  payload: 'text',
  traceparent: 'text',
  bucket: 'smallint',
};

function outboxInsert(messages: readonly OutboxMessage[], bind: Bind): string {
  const rows = messages.map((message) => ({
    id: message.id,
    topic: message.topic,
    subject: message.subject,
    version: message.version,
    type: message.type,
    payload: Buffer.from(message.payload).toString('base64'),
    traceparent: message.traceparent,
    bucket: bucketOf(message.subject),
  }));
  return `insert into outbox (id, topic, subject, version, type, payload, traceparent, bucket)
    select m.id, m.topic, m.subject, m.version, m.type, decode(m.payload, 'base64'), m.traceparent, m.bucket
    from ${recordset(bind, rows, { alias: 'm', columns: messageColumns })}
    where ${caused} order by m.n`;
}

/** Why the cause took no effect; asked apart, since it is rare. */
async function refusal(db: Queryable, cause: Cause, guarded: boolean): Promise<WriteOutcome> {
  if (await isApplied(db, cause)) return 'already-applied';
  if (!guarded || cause.kind === 'internal') return 'stale';
  return cause.kind === 'command' ? 'lease-lost' : 'gap';
}

async function isApplied(db: Queryable, cause: Cause): Promise<boolean> {
  if (cause.kind === 'internal') return false;
  if (cause.kind === 'event') return isInInbox(db, cause);
  const { rowCount } = await db.query(
    'select 1 from idempotency where principal = $1 and route = $2 and key = $3 and reply is not null',
    [cause.claim.principal, cause.claim.route, cause.claim.key],
  );
  return (rowCount ?? 0) > 0;
}

/** Has this consumer dealt with the message, for good? */
export async function isInInbox(db: Queryable, cause: EventCause): Promise<boolean> {
  const { rowCount } = await db.query(
    `select 1 from inbox where consumer = $1 and topic = $2 and subject = $3 and sequence = $4 and state <> 'dead'`,
    [cause.consumer, cause.topic, cause.subject, cause.sequence],
  );
  return (rowCount ?? 0) > 0;
}

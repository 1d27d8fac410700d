import type pg from 'pg';
import type { Envelope } from './envelope.js';
import type { IncomingMessage } from './transport.js';

const claimSize = 100;
/** How long a claimed row is left to its claimer before another instance may try it. */
const claimSeconds = 10;
const longestPauseMs = 5000;

/** A message that stands in the parking lot. */
export interface Parked {
  readonly message: IncomingMessage;
  readonly subject: string;
  readonly sequence: number;
  readonly attempts: number;
}

/** The lot's rows of one consumer. */
export interface ParkedRows {
  /** How many there are, and the age of the oldest. */
  count(): Promise<{ count: number; oldestMs: number }>;
  insert(message: IncomingMessage, envelope: Envelope, state: ParkedState): Promise<void>;
  /** Takes rows that are due, in the order of their subjects' sequences; others leave them alone for a while. */
  claim(): Promise<Parked[]>;
  postpone(parked: Parked, reason: string): Promise<void>;
  remove(parked: Parked): Promise<void>;
  /** @returns whether there is a row of this place, which is due now */
  makeDue(topic: string, subject: string, sequence: number): Promise<boolean>;
}

export interface ParkedState {
  /** What it waits for. */
  readonly reason: string;
  /** How many times it was tried by now. */
  readonly attempts: number;
}

interface Row {
  readonly topic: string;
  readonly subject: string;
  readonly sequence: number;
  readonly partition: number;
  readonly place: string;
  readonly key: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly value: Buffer;
  readonly attempts: number;
}

const place = 'consumer = $1 and topic = $2 and subject = $3 and sequence = $4';

export function createParkedRows(pool: pg.Pool, consumer: string): ParkedRows {
  return {
    count: async () => {
      const { rows } = await pool.query<{ count: number; oldest: number | null }>({
        name: 'parked/count',
        text: `select count(*)::int as count, extract(epoch from now() - min(parked_at))::float8 * 1000 as oldest
          from inbox_parked where consumer = $1`,
        values: [consumer],
      });
      return { count: rows[0]?.count ?? 0, oldestMs: rows[0]?.oldest ?? 0 };
    },
    insert: async ({ topic, partition, offset, key, headers, value }, { subject, sequence }, state) => {
      await pool.query({
        name: 'parked/insert',
        text: `insert into inbox_parked
            (consumer, topic, subject, sequence, partition, place, key, headers, value, reason, attempts, due_at)
          values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, now() + $12 * interval '1 millisecond')
          on conflict do nothing`,
        values: [
          ...[consumer, topic, subject, sequence, partition, offset, key, JSON.stringify(headers), value],
          ...[state.reason, state.attempts, pauseMs(state.attempts)],
        ],
      });
    },
    claim: async () => {
      const { rows } = await pool.query<Row>({
        name: 'parked/claim',
        text: `with due as (
            select ctid from inbox_parked where consumer = $1 and due_at <= now()
            order by due_at limit ${String(claimSize)} for update skip locked)
          update inbox_parked p set due_at = now() + interval '${String(claimSeconds)} seconds'
          from due where p.ctid = due.ctid
          returning p.topic, p.subject, p.sequence, p.partition, p.place, p.key, p.headers, p.value, p.attempts`,
        values: [consumer],
      });
      return rows
        .sort((a, b) => a.sequence - b.sequence)
        .map(({ subject, sequence, attempts, place: offset, ...message }) => ({
          message: { ...message, offset },
          subject,
          sequence,
          attempts,
        }));
    },
    postpone: async ({ message, subject, sequence, attempts }, reason) => {
      await pool.query({
        name: 'parked/postpone',
        text: `update inbox_parked set attempts = $5, reason = $6, due_at = now() + $7 * interval '1 millisecond'
          where ${place}`,
        values: [consumer, message.topic, subject, sequence, attempts + 1, reason, pauseMs(attempts + 1)],
      });
    },
    remove: async ({ message, subject, sequence }) => {
      await pool.query({
        name: 'parked/remove',
        text: `delete from inbox_parked where ${place}`,
        values: [consumer, message.topic, subject, sequence],
      });
    },
    makeDue: async (topic, subject, sequence) => {
      const { rowCount } = await pool.query({
        name: 'parked/due',
        text: `update inbox_parked set due_at = now() where ${place}`,
        values: [consumer, topic, subject, sequence],
      });
      return (rowCount ?? 0) > 0;
    },
  };
}

const pauseMs = (attempts: number): number => Math.min(longestPauseMs, 50 * 2 ** Math.min(attempts, 10));

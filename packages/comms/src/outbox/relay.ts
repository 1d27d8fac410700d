import { randomUUID } from 'node:crypto';
import type pg from 'pg';
import { createLoop, type Failpoint } from '../resilience/index.js';
import { runInSpan, type Logger, type MessagingMeasures } from '../telemetry/index.js';

const leaseSeconds = 10;
const renewEveryMs = 3000;
const roundSize = 500;
/** A round begins at once when it can; under load, what is committed within so long is published together. */
const roundsApartMs = 10;
const idlePollMs = 250;
const busyPollMs = 20;
const busyForMs = 1000;
const defaultPurgeEveryMs = 60_000;

/** What the relay needs of the event door: durable publishing, in order per key within one call. */
export interface Publisher {
  publish(
    topic: string,
    messages: readonly { key: string; headers: Readonly<Record<string, string>>; value: Buffer }[],
  ): Promise<void>;
}

export interface RelayOptions {
  readonly pool: pg.Pool;
  readonly events: Publisher;
  readonly logger: Logger;
  readonly measures: MessagingMeasures;
  /** The publishing service: `ce_source`. */
  readonly source: string;
  readonly instance: string;
  readonly failpoint?: Failpoint | undefined;
  /** Pause between two clearings of old rows; a minute unless given. */
  readonly purgeEveryMs?: number;
}

/** Publishes what the outbox holds: at least once, and first copies in the order of each subject's versions. */
export interface Relay {
  start(): Promise<void>;
  /** Something was committed: publish now rather than at the next poll. */
  poke(): void;
  /** Publishes what is there, then gives its buckets back. */
  stop(): Promise<void>;
  /** Rows not yet published. */
  backlog(): Promise<number>;
}

interface Row {
  readonly position: string;
  readonly bucket: number;
  readonly epoch: string;
  readonly id: string;
  readonly topic: string;
  readonly subject: string;
  readonly version: number;
  readonly type: string;
  readonly payload: Buffer;
  readonly traceparent: string;
  readonly created_at: Date;
}

/**
 * Rounds of: read unsent rows of the buckets held, publish, mark. A row is read only under a valid lease and marked
 * only under the epoch it was read in. An owner that slept past its lease may publish again what its successor
 * published, never something whose predecessors are unpublished: it read its rows in order, from the first unsent one.
 */
export function createRelay(options: RelayOptions): Relay {
  const { pool, logger, purgeEveryMs = defaultPurgeEveryMs } = options;
  const owner = `${options.instance}/${randomUUID()}`;
  let renewedAt = -Infinity;
  let purgedAt = Date.now();
  let foundAt = -Infinity;

  const round = async (): Promise<number> => {
    if (Date.now() - renewedAt > renewEveryMs) {
      renewedAt = Date.now();
      await lease(pool, owner);
    }
    const found = await relayOnce(options, owner);
    if (found > 0) foundAt = Date.now();
    if (Date.now() - purgedAt >= purgeEveryMs) {
      purgedAt = Date.now();
      await purge(pool);
    }
    if (found === roundSize) return 0;
    return Date.now() - foundAt < busyForMs ? busyPollMs : idlePollMs;
  };
  const loop = createLoop(round, {
    errorPauseMs: 200,
    apartMs: roundsApartMs,
    onError: (error) => {
      logger.warn({ reason: String(error) }, 'the outbox could not be relayed; trying on');
    },
  });
  return {
    start: () => {
      loop.start();
      return Promise.resolve();
    },
    poke: loop.poke,
    stop: async () => {
      await loop.stop();
      while ((await relayOnce(options, owner).catch(() => 0)) === roundSize);
      await pool.query(`update outbox_bucket set lease_until = '-infinity' where owner = $1`, [owner]);
    },
    backlog: async () => {
      const { rows } = await pool.query<{ count: number }>(
        'select count(*)::int as count from outbox where sent_at is null',
      );
      return rows[0]?.count ?? 0;
    },
  };
}

/** Renews what is held and takes what has lapsed; a bucket's epoch rises when its owner changes. */
async function lease(pool: pg.Pool, owner: string): Promise<void> {
  await pool.query({
    name: 'outbox/lease',
    text: `update outbox_bucket set
        epoch = epoch + case when owner = $1 and lease_until > now() then 0 else 1 end,
        owner = $1, lease_until = now() + interval '${String(leaseSeconds)} seconds'
      where owner = $1 or lease_until < now()`,
    values: [owner],
  });
}

async function relayOnce(options: RelayOptions, owner: string): Promise<number> {
  const { rows } = await options.pool.query<Row>({
    name: 'outbox/unsent',
    text: `select o.position, o.bucket, b.epoch, o.id, o.topic, o.subject, o.version, o.type, o.payload, o.traceparent, o.created_at
      from outbox o join outbox_bucket b using (bucket)
      where o.sent_at is null and b.owner = $1 and b.lease_until > now()
      order by o.position limit ${String(roundSize)}`,
    values: [owner],
  });
  if (rows.length === 0) return 0;
  await options.failpoint?.('relay.before-publish');
  const topics = [...new Set(rows.map(({ topic }) => topic))];
  await Promise.all(
    topics.map(async (topic) => {
      const messages = rows.filter((row) => row.topic === topic).map((row) => messageOf(row, options.source));
      await runInSpan(
        undefined,
        () => ({
          name: `send ${topic}`,
          kind: 'producer',
          attributes: {
            'messaging.operation.type': 'send',
            'messaging.destination.name': topic,
            'messaging.batch.message_count': messages.length,
          },
          links: messages.map(({ headers }) => headers.traceparent),
        }),
        () => options.events.publish(topic, messages),
      );
      options.measures.published(
        topic,
        messages.length,
        messages.reduce((bytes, { value }) => bytes + value.length, 0),
      );
    }),
  );
  await options.failpoint?.('relay.after-publish-before-mark');
  await mark(options.pool, rows);
  return rows.length;
}

async function mark(pool: pg.Pool, rows: readonly Row[]): Promise<void> {
  await pool.query({
    name: 'outbox/mark',
    text: `update outbox o set sent_at = now()
      from unnest($1::bigint[], $2::bigint[]) as sent(position, epoch), outbox_bucket b
      where o.position = sent.position and b.bucket = o.bucket and b.epoch = sent.epoch`,
    values: [rows.map(({ position }) => position), rows.map(({ epoch }) => epoch)],
  });
}

const messageOf = (row: Row, source: string) => ({
  key: row.subject,
  value: row.payload,
  headers: {
    ce_specversion: '1.0',
    ce_id: row.id,
    ce_type: row.type,
    ce_source: `/souk/${source}`,
    ce_subject: row.subject,
    ce_sequence: String(row.version),
    ce_time: row.created_at.toISOString(),
    'content-type': 'application/protobuf',
    traceparent: row.traceparent,
  },
});

/**
 * Sent rows are kept for a day, inbox rows for a week: longer than anything can be delivered again by itself. Of a
 * subject whose other rows stay (young ones, dead letters) the newest stays too: its next event is measured by it.
 */
async function purge(pool: pg.Pool): Promise<void> {
  await pool.query(
    `delete from outbox where position in (
       select position from outbox where sent_at < now() - interval '1 day' limit 5000)`,
  );
  await pool.query(
    `delete from inbox i where i.at < now() - interval '7 days' and i.state <> 'dead' and not exists (
       select 1 from inbox o where o.consumer = i.consumer and o.topic = i.topic and o.subject = i.subject
         and o.sequence <> i.sequence and (o.state = 'dead' or o.at >= now() - interval '7 days')
         and not exists (select 1 from inbox n where n.consumer = i.consumer and n.topic = i.topic
           and n.subject = i.subject and n.sequence > i.sequence))`,
  );
}

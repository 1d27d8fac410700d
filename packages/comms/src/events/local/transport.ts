import { randomUUID } from 'node:crypto';
import pg from 'pg';
import type { Logger } from '../../telemetry/index.js';
import type { EventTransport, TopicFigures, TransportOptions } from '../transport.js';
import { append } from './append.js';
import { consumeFromLog } from './consume.js';
import { scanLog } from './scan.js';
import { announceChannel, localSchema, partitionCapacityBytes } from './schema.js';

/** A log in Postgres, for machines with neither Java nor Docker. */
export function createLocalTransport({ url, clientId, logger }: TransportOptions): EventTransport {
  const db = new pg.Pool({
    connectionString: url,
    max: 6,
    application_name: clientId,
    statement_timeout: 10_000,
  });
  db.on('error', (error) => {
    logger.warn({ reason: error.message }, 'a connection to the local log broke');
  });
  const announcements = listen(url, logger);
  return {
    kind: 'local',
    publish: (topic, messages) => append(db, topic, messages),
    consume: async (options) => {
      await announcements.start();
      const member = `${clientId}/${randomUUID()}`;
      return consumeFromLog({ db, logger, member, onAppend: announcements.onAppend }, options);
    },
    scan: (topic, visit) => scanLog(db, topic, visit),
    ensureTopics: async (topics) => {
      await db.query(localSchema);
      await db.query(
        `insert into log_partition (topic, partition)
         select t.topic, p from jsonb_to_recordset($1::jsonb) as t(topic text, partitions int), generate_series(0, t.partitions - 1) p
         on conflict do nothing`,
        [JSON.stringify(topics)],
      );
    },
    figures: (topics, groups) => figures(db, topics, groups),
    check: async () => {
      await db.query('select 1');
      return undefined;
    },
    close: async () => {
      await announcements.stop();
      await db.end();
    },
  };
}

async function figures(
  db: pg.Pool,
  topics: readonly string[],
  groups: readonly string[],
): Promise<TopicFigures[]> {
  const produced = await db.query<{ topic: string; produced: number; partitions: number }>(
    `select topic, sum(next)::float8 as produced, count(*)::int as partitions from log_partition
     where topic = any($1) group by topic`,
    [topics],
  );
  const committed = await db.query<{ topic: string; group_id: string; committed: number }>(
    `select topic, group_id, sum(next)::float8 as committed from log_group
     where topic = any($1) and group_id = any($2) group by topic, group_id`,
    [topics, groups],
  );
  return produced.rows.map((row) => ({
    topic: row.topic,
    produced: row.produced,
    committed: Object.fromEntries(
      committed.rows
        .filter(({ topic }) => topic === row.topic)
        .map((entry) => [entry.group_id, entry.committed]),
    ),
    capacityBytes: partitionCapacityBytes * row.partitions,
  }));
}

/** One connection that hears of appends; while it is away the polls serve. */
function listen(url: string, logger: Logger) {
  const listeners = new Set<(topic: string) => void>();
  let client: pg.Client | undefined;
  let again: NodeJS.Timeout | undefined;
  let stopped = false;

  const start = async (): Promise<void> => {
    if (client || stopped) return;
    const next = new pg.Client({ connectionString: url });
    client = next;
    next.on('notification', ({ payload }) => {
      for (const listener of listeners) listener(payload ?? '');
    });
    next.on('error', (error) => {
      logger.warn({ reason: error.message }, 'the connection that hears of appends broke; polling meanwhile');
      client = undefined;
      retryLater();
    });
    try {
      await next.connect();
      await next.query(`listen ${announceChannel}`);
    } catch (error) {
      client = undefined;
      await next.end().catch(() => undefined);
      logger.warn({ reason: String(error) }, 'cannot listen for appends; polling meanwhile');
      retryLater();
    }
  };
  const retryLater = () => {
    if (stopped) return;
    clearTimeout(again);
    again = setTimeout(() => void start(), 1000);
  };
  return {
    start,
    onAppend: (listener: (topic: string) => void) => {
      listeners.add(listener);
      return () => {
        listeners.delete(listener);
      };
    },
    stop: async () => {
      stopped = true;
      clearTimeout(again);
      await client?.end().catch(() => undefined);
    },
  };
}

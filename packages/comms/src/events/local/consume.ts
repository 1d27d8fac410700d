import type pg from 'pg';
import { createLoop } from '../../resilience/index.js';
import type { Logger } from '../../telemetry/index.js';
import type { ConsumeOptions, Consumption, IncomingMessage } from '../transport.js';
import { joinGroup, type Held } from './group.js';
import { trim } from './trim.js';

const batchSize = 200;
const pollMs = 250;
const rebalanceEveryMs = 3000;
const trimEveryMs = 60_000;
const stalledAfterMs = 60_000;

interface Row {
  readonly position: string;
  readonly key: string;
  readonly headers: Record<string, string>;
  readonly value: Buffer;
}

/** What the consumer needs of its transport. */
export interface LocalLog {
  readonly db: pg.Pool;
  readonly logger: Logger;
  readonly member: string;
  /** Calls back after an append to one of the topics. */
  onAppend(listener: (topic: string) => void): () => void;
}

/** One member of a group: a loop that keeps its leases and hands out batches, a partition at a time each. */
export async function consumeFromLog(log: LocalLog, options: ConsumeOptions): Promise<Consumption> {
  const { db, logger, member } = log;
  const group = joinGroup(db, { group: options.group, member, topics: options.topics });
  const busy = new Map<string, Promise<void>>();
  const blockedUntil = new Map<string, number>();
  let held = new Map<string, { held: Held; lost: AbortController }>();
  let rebalancedAt = -Infinity;
  let trimmedAt = Date.now();
  let progressAt = Date.now();

  const rebalance = async () => {
    rebalancedAt = Date.now();
    const mine = await group.rebalance();
    const next = new Map(mine.map((entry) => [keyOf(entry), entry]));
    for (const [key, { held: before, lost }] of held) if (next.get(key)?.epoch !== before.epoch) lost.abort();
    held = new Map(
      [...next].map(([key, entry]) => {
        const before = held.get(key);
        return [
          key,
          before?.held.epoch === entry.epoch ? before : { held: entry, lost: new AbortController() },
        ];
      }),
    );
  };
  const work = async (entry: { held: Held; lost: AbortController }): Promise<boolean> => {
    const { topic, partition } = entry.held;
    const messages = await read(db, options.group, entry.held);
    const last = messages.at(-1);
    if (!last) return false;
    const outcome = await options.onBatch(messages, entry.lost.signal);
    const done = messages[outcome.done - 1];
    if (done && !entry.lost.signal.aborted) await group.commit(entry.held, BigInt(done.offset) + 1n);
    if (outcome.done < messages.length) {
      blockedUntil.set(keyOf({ topic, partition }), Date.now() + (outcome.retryAfterMs ?? 100));
    }
    return true;
  };
  const hand = (key: string, entry: { held: Held; lost: AbortController }) => {
    const task = work(entry)
      .then((found) => {
        if (found) loop.poke();
      })
      .catch((error: unknown) => {
        blockedUntil.set(key, Date.now() + 500);
        logger.warn(
          { reason: String(error), partition: key },
          'a batch of the local log failed; it will come again',
        );
      })
      .finally(() => busy.delete(key));
    busy.set(key, task);
  };
  const loop = createLoop(
    async () => {
      if (Date.now() - rebalancedAt > rebalanceEveryMs) await rebalance();
      const waiting = await partitionsWithNews(db, options.group, member);
      for (const [key, entry] of held) {
        if (waiting.has(key) && !busy.has(key) && (blockedUntil.get(key) ?? 0) <= Date.now())
          hand(key, entry);
      }
      if (Date.now() - trimmedAt > trimEveryMs) {
        trimmedAt = Date.now();
        await trim(db, options.topics);
      }
      progressAt = Date.now();
      return nextPause(blockedUntil);
    },
    {
      onError: (error) => {
        logger.warn({ reason: String(error) }, 'the local log does not answer; trying on');
      },
    },
  );
  const stopListening = log.onAppend((topic) => {
    if (options.topics.includes(topic)) loop.poke();
  });
  await rebalance();
  loop.start();
  return {
    checkLive: () =>
      Date.now() - progressAt > stalledAfterMs ? 'the consumer has stood still for a minute' : undefined,
    stop: async () => {
      stopListening();
      await loop.stop();
      await Promise.all(busy.values());
      await group.leave();
    },
  };
}

const keyOf = ({ topic, partition }: { topic: string; partition: number }): string =>
  `${topic}/${String(partition)}`;

async function partitionsWithNews(db: pg.Pool, group: string, member: string): Promise<Set<string>> {
  const { rows } = await db.query<{ topic: string; partition: number }>({
    name: 'log/news',
    text: `select g.topic, g.partition from log_group g join log_partition p using (topic, partition)
      where g.group_id = $1 and g.owner = $2 and g.next < p.next`,
    values: [group, member],
  });
  return new Set(rows.map(keyOf));
}

async function read(db: pg.Pool, group: string, held: Held): Promise<IncomingMessage[]> {
  const { rows } = await db.query<Row>({
    name: 'log/read',
    text: `select m.position, m.key, m.headers, m.value from log_group g join log_message m using (topic, partition)
      where g.group_id = $1 and g.topic = $2 and g.partition = $3 and g.epoch = $4 and g.lease_until > now()
        and m.position >= g.next order by m.position limit ${String(batchSize)}`,
    values: [group, held.topic, held.partition, held.epoch],
  });
  return rows.map(({ position, key, headers, value }) => ({
    topic: held.topic,
    partition: held.partition,
    offset: position,
    key,
    headers,
    value,
  }));
}

/** The poll's pause, less when a blocked partition is due before. */
function nextPause(blockedUntil: Map<string, number>): number {
  const now = Date.now();
  for (const [key, until] of blockedUntil) if (until <= now) blockedUntil.delete(key);
  return Math.max(1, Math.min(pollMs, ...[...blockedUntil.values()].map((until) => until - now)));
}

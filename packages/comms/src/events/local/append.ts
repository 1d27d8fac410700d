import type pg from 'pg';
import type { OutgoingMessage } from '../transport.js';
import { announceChannel } from './schema.js';
import { partitionOf } from './partition.js';

/**
 * Appends messages of one topic in one transaction. Each partition's counter is held until the commit, so a reader
 * never sees an offset before a lower one; the counters are taken in their order, so that writers cannot deadlock.
 */
export async function append(
  db: pg.Pool,
  topic: string,
  messages: readonly OutgoingMessage[],
): Promise<void> {
  const partitions = await partitionCount(db, topic);
  const rows = messages.map(({ key, headers, value }) => ({
    partition: partitionOf(key, partitions),
    key,
    headers,
    value: value.toString('base64'),
  }));
  await db.query({
    name: 'log/append',
    text: `with input as materialized (
        select m.partition, m.key, m.headers, decode(m.value, 'base64') as value, m.n,
          row_number() over (partition by m.partition order by m.n) - 1 as rank
        from rows from (jsonb_to_recordset($2::jsonb) as (partition int, key text, headers jsonb, value text))
          with ordinality as m(partition, key, headers, value, n)
      ), heads as materialized (
        select partition, next from log_partition
        where topic = $1 and partition in (select partition from input) order by partition for update
      ), bumped as (
        update log_partition p set next = p.next + added.count, bytes = p.bytes + added.bytes
        from (select partition, count(*) as count, sum(length(value)) as bytes from input group by partition) added, heads
        where p.topic = $1 and p.partition = added.partition and heads.partition = p.partition
      )
      insert into log_message (topic, partition, position, key, headers, value)
      select $1, input.partition, heads.next + input.rank, input.key, input.headers, input.value
      from input join heads using (partition)`,
    values: [topic, JSON.stringify(rows)],
  });
  // Outside the append: notifying inside a transaction takes a lock that all committers share.
  await db.query({
    name: 'log/announce',
    text: 'select pg_notify($1, $2)',
    values: [announceChannel, topic],
  });
}

const counts = new WeakMap<pg.Pool, Map<string, number>>();

async function partitionCount(db: pg.Pool, topic: string): Promise<number> {
  const known = counts.get(db) ?? new Map<string, number>();
  counts.set(db, known);
  const count = known.get(topic);
  if (count !== undefined) return count;
  const { rows } = await db.query<{ count: number }>(
    'select count(*)::int as count from log_partition where topic = $1',
    [topic],
  );
  const found = rows[0]?.count ?? 0;
  if (found === 0) throw new Error(`The topic ${topic} does not exist: create it first.`);
  known.set(topic, found);
  return found;
}

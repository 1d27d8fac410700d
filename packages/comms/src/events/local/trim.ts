import type pg from 'pg';
import { partitionCapacityBytes } from './schema.js';

/** Drops the oldest messages of partitions that are over their capacity, in steps of a tenth of it. */
export async function trim(db: pg.Pool, topics: readonly string[]): Promise<void> {
  await db.query(
    `with full_partitions as (
       select topic, partition, next, bytes from log_partition where topic = any($1) and bytes > $2 for update skip locked
     ), bounds as (
       select f.topic, f.partition, f.bytes,
         (select min(position) from log_message m where m.topic = f.topic and m.partition = f.partition) as first, f.next
       from full_partitions f
     ), dropped as (
       delete from log_message m using bounds b
       where m.topic = b.topic and m.partition = b.partition
         and m.position < b.first + ceil((b.next - b.first) * (1.1 - $2::numeric / b.bytes))
       returning m.topic, m.partition, length(m.value) as size
     )
     update log_partition p set bytes = p.bytes - d.size
     from (select topic, partition, sum(size) as size from dropped group by topic, partition) d
     where p.topic = d.topic and p.partition = d.partition`,
    [topics, partitionCapacityBytes],
  );
}

import type pg from 'pg';

const leaseSeconds = 10;

export interface Held {
  readonly topic: string;
  readonly partition: number;
  readonly epoch: string;
}

/** A consumer's share of its group's partitions: rows leased with an epoch that guards the commit of offsets. */
export interface GroupMember {
  /** Renews, takes lapsed partitions up to a fair share, gives back what is above it. */
  rebalance(): Promise<Held[]>;
  /** False when the partition is no longer held: somebody else continues from the last commit. */
  commit(held: Held, next: bigint): Promise<boolean>;
  leave(): Promise<void>;
}

export function joinGroup(
  db: pg.Pool,
  options: { group: string; member: string; topics: readonly string[] },
): GroupMember {
  const { group, member, topics } = options;
  const lease = `now() + interval '${String(leaseSeconds)} seconds'`;
  return {
    rebalance: async () => {
      await db.query({
        name: 'log/join',
        text: `with joined as (
            insert into log_member (group_id, member, alive_until) values ($1, $2, ${lease})
            on conflict (group_id, member) do update set alive_until = excluded.alive_until
          )
          insert into log_group (group_id, topic, partition)
          select $1, topic, partition from log_partition where topic = any($3) on conflict do nothing`,
        values: [group, member, topics],
      });
      const { rows } = await db.query<Held>({
        name: 'log/rebalance',
        text: `with members as (
            select greatest(1, count(*)) as count from log_member where group_id = $1 and alive_until > now()
          ), share as (
            select ceil(count(*)::numeric / (select count from members)) as size
            from log_group where group_id = $1 and topic = any($3)
          ), ranked as (
            select topic, partition, row_number() over (
              order by (owner = $2 and lease_until > now()) desc, topic, partition) as rank,
              owner = $2 and lease_until > now() as mine
            from log_group
            where group_id = $1 and topic = any($3) and (owner = $2 or lease_until < now())
          )
          update log_group g set
            owner = case when r.rank <= share.size then $2 else '' end,
            epoch = g.epoch + case when r.mine and r.rank <= share.size then 0 else 1 end,
            lease_until = case when r.rank <= share.size then ${lease} else '-infinity' end
          from ranked r, share
          where g.group_id = $1 and g.topic = r.topic and g.partition = r.partition
            and (g.owner = $2 or g.lease_until < now()) and (r.mine or r.rank <= share.size)
          returning g.topic, g.partition, g.epoch, g.owner = $2 as mine`,
        values: [group, member, topics],
      });
      return rows.filter((row) => 'mine' in row && row.mine === true);
    },
    commit: async ({ topic, partition, epoch }, next) => {
      const { rowCount } = await db.query({
        name: 'log/commit',
        text: `update log_group set next = $5 where group_id = $1 and topic = $2 and partition = $3 and owner = $4 and epoch = $6`,
        values: [group, topic, partition, member, next, epoch],
      });
      return rowCount === 1;
    },
    leave: async () => {
      await db.query(
        `with gone as (delete from log_member where group_id = $1 and member = $2)
         update log_group set owner = '', epoch = epoch + 1, lease_until = '-infinity' where group_id = $1 and owner = $2`,
        [group, member],
      );
    },
  };
}

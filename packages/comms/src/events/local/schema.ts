/** An append-only log in Postgres: offsets of a partition are gapless and become visible in their order. */
export const localSchema = `
create table if not exists log_partition (
  topic text not null, partition integer not null,
  next bigint not null default 0, bytes bigint not null default 0,
  primary key (topic, partition)
);
create table if not exists log_message (
  topic text not null, partition integer not null, position bigint not null,
  key text not null, headers jsonb not null, value bytea not null,
  primary key (topic, partition, position)
);
create table if not exists log_member (
  group_id text not null, member text not null, alive_until timestamptz not null,
  primary key (group_id, member)
);
create table if not exists log_group (
  group_id text not null, topic text not null, partition integer not null,
  next bigint not null default 0,
  owner text not null default '', epoch bigint not null default 0, lease_until timestamptz not null default '-infinity',
  primary key (group_id, topic, partition)
);`;

/** What one partition holds before its oldest messages are dropped. */
export const partitionCapacityBytes = 64 * 1024 * 1024;

/** The channel on which appends are announced; a poll backs it. */
export const announceChannel = 'souk_log';

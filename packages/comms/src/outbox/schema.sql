-- What a service's database needs so that its events are lossless. Copied into each service's migrations.

-- Facts to publish, written in the statement that made them true. Rows of one subject exist in the order of their
-- versions, because each writer holds the aggregate's row while it takes the next version.
create table outbox (
  position    bigint generated always as identity primary key,
  id          uuid        not null,
  topic       text        not null,
  subject     uuid        not null,
  version     integer     not null,
  type        text        not null,
  payload     bytea       not null,
  traceparent text        not null,
  bucket      smallint    not null,
  created_at  timestamptz not null default now(),
  sent_at     timestamptz,
  unique (topic, subject, version)
);
create index outbox_unsent on outbox (bucket, position) where sent_at is null;
create index outbox_sent on outbox (sent_at) where sent_at is not null;

-- Which relay publishes a bucket's rows. The epoch rises with every new owner and guards claiming and marking.
create table outbox_bucket (
  bucket      smallint    primary key,
  owner       text        not null default '',
  epoch       bigint      not null default 0,
  lease_until timestamptz not null default '-infinity'
);
insert into outbox_bucket (bucket) select generate_series(0, 15);

-- Messages that a consumer has dealt with. A dead one may still be replayed.
create table inbox (
  consumer   text        not null,
  topic      text        not null,
  subject    text        not null,
  sequence   integer     not null,
  message_id uuid        not null,
  state      text        not null check (state in ('applied', 'skipped', 'dead')),
  at         timestamptz not null default now(),
  primary key (consumer, topic, subject, sequence)
);
create index inbox_at on inbox (at);

-- Messages that cannot be worked on yet (a gap before them, something away): their partition goes on without them.
create table inbox_parked (
  consumer   text        not null,
  topic      text        not null,
  subject    text        not null,
  sequence   integer     not null,
  partition  integer     not null,
  place      bigint      not null,
  key        text        not null,
  headers    jsonb       not null,
  value      bytea       not null,
  reason     text        not null,
  attempts   integer     not null,
  parked_at  timestamptz not null default now(),
  due_at     timestamptz not null,
  primary key (consumer, topic, subject, sequence)
);
create index inbox_parked_due on inbox_parked (consumer, due_at);

-- Idempotency keys: who works on a request, under which resource id, and what was answered.
create table idempotency (
  principal   text        not null,
  route       text        not null,
  key         text        not null,
  fingerprint text        not null,
  resource_id uuid        not null,
  owner       uuid        not null,
  lease_until timestamptz not null,
  reply       jsonb,
  created_at  timestamptz not null default now(),
  primary key (principal, route, key)
);
create index idempotency_created_at on idempotency (created_at);

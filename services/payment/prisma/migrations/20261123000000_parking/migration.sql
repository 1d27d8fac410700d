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

-- What a service's database needs so that its events are lossless. Copied into each service's first migration.

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

create table orders (
  id               uuid        primary key,
  customer_id      uuid        not null,
  status           text        not null check (status in ('pending', 'confirmed', 'paid', 'cancelled', 'refunded')),
  -- Counts the events of this order: the version of its latest one.
  version          integer     not null,
  total_amount     bigint      not null check (total_amount > 0),
  currency         char(3)     not null,
  payment_id       uuid        not null,
  payment_status   text        not null,
  shipping_address jsonb       not null,
  created_at       timestamptz not null,
  -- When the sweeper ends the order, as long as it is not final.
  deadline_at      timestamptz not null
);
create index orders_of_customer on orders (customer_id, id desc);
create index orders_overdue on orders (deadline_at) where status in ('pending', 'confirmed');

create table order_line (
  order_id   uuid    not null references orders (id),
  line       integer not null,
  product_id uuid    not null,
  sku        text    not null,
  name       text    not null,
  unit_price bigint  not null check (unit_price >= 0),
  quantity   integer not null check (quantity > 0),
  primary key (order_id, line)
);

-- Every step of an order across the services. The product's step may come before the order itself is there.
create table order_timeline (
  order_id  uuid        not null,
  sequence  integer     not null,
  type      text        not null,
  service   text        not null,
  status    text        not null,
  -- Is this step a change of the order's own status?
  is_change boolean     not null,
  reason    text,
  trace_id  text        not null,
  at        timestamptz not null,
  primary key (order_id, sequence)
);

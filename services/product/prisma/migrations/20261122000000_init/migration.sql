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

create table product (
  id            uuid        primary key,
  sku           text        not null unique,
  name          text        not null,
  description   text        not null,
  category      text        not null,
  image_url     text        not null,
  price_amount  bigint      not null check (price_amount >= 0),
  currency      char(3)     not null,
  -- What ETag and If-Match compare: changes of the product itself.
  version       integer     not null default 1,
  -- Version of the latest event about this product, its stock's included.
  event_version integer     not null default 1,
  created_at    timestamptz not null default now()
);
create index product_by_category on product (category);

create table stock (
  product_id uuid    primary key references product (id),
  on_hand    integer not null default 0,
  reserved   integer not null default 0,
  -- What has left for good. Setting the stock changes on_hand alone and is logged in stock_set.
  shipped    integer not null default 0,
  check (0 <= reserved and reserved <= on_hand)
);

-- Each time the stock was counted: on_hand + shipped is the last count plus what had been shipped before it.
create table stock_set (
  id             bigint generated always as identity primary key,
  product_id     uuid        not null references stock (product_id),
  on_hand        integer     not null,
  shipped_before integer     not null,
  at             timestamptz not null default now()
);
create index stock_set_of_product on stock_set (product_id, id desc);

-- Stock held for an order, under the order's id. Released ones stay, so that a late reserve finds them.
create table reservation (
  id         uuid        primary key,
  status     text        not null check (status in ('held', 'committed', 'released')),
  version    integer     not null,
  created_at timestamptz not null default now()
);
create index reservation_held on reservation (created_at) where status = 'held';

create table reservation_line (
  reservation_id uuid    not null references reservation (id),
  line           integer not null,
  product_id     uuid    not null references product (id),
  sku            text    not null,
  name           text    not null,
  price_amount   bigint  not null,
  currency       char(3) not null,
  quantity       integer not null check (quantity > 0),
  primary key (reservation_id, line)
);

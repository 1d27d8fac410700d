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

create table payment (
  id              uuid        primary key,
  order_id        uuid        not null unique,
  customer_id     uuid        not null,
  amount          bigint      not null check (amount > 0),
  currency        char(3)     not null,
  token           text        not null,
  status          text        not null check (status in
    ('processing', 'requires_action', 'authorized', 'captured', 'declined', 'voided', 'refunded', 'unknown')),
  -- Counts the events of this payment: the version of its latest one.
  version         integer     not null,
  -- Counts every write of the row: what guarded updates compare.
  revision        integer     not null default 1,
  captured        bigint      not null default 0 check (captured in (0, amount)),
  refunded        bigint      not null default 0 check (refunded >= 0),
  -- Asked for and not yet given back.
  refunding       bigint      not null default 0 check (refunding >= 0),
  provider_id     text,
  -- Does the ledger hold the amount: authorized, neither captured nor voided?
  held            boolean     not null default false,
  -- Has the order ended? What the provider still grants is then given back.
  cancelled       boolean     not null default false,
  -- The next operation at the provider, how often it was tried, and when to try it.
  wanted          text        check (wanted in ('authorize', 'capture', 'void', 'refund')),
  attempts        integer     not null default 0,
  next_attempt_at timestamptz not null default now(),
  -- Which worker is at it; a lapsed lease means that its call's outcome is unknown.
  lease_owner     text,
  lease_until     timestamptz not null default '-infinity',
  traceparent     text        not null,
  created_at      timestamptz not null default now(),
  check (refunded + refunding <= captured)
);
create index payment_of_customer on payment (customer_id, id desc);
create index payment_due on payment (next_attempt_at) where wanted is not null;

create table refund (
  id         uuid        primary key,
  payment_id uuid        not null references payment (id),
  amount     bigint      not null check (amount > 0),
  currency   char(3)     not null,
  status     text        not null check (status in ('pending', 'succeeded', 'failed')),
  reason     text        not null,
  created_at timestamptz not null
);
create index refund_pending on refund (payment_id, id) where status = 'pending';

-- The ledger. A hold is booked when the provider authorizes, and reversed when it is captured or voided; a capture is
-- booked as a claim on the provider against sales; a refund reverses that in part or in whole.
create table account (
  id          uuid    primary key default gen_random_uuid(),
  code        text    not null check (code in ('holds', 'hold_obligations', 'provider', 'sales')),
  currency    char(3) not null,
  normal_side text    not null check (normal_side in ('debit', 'credit')),
  unique (code, currency),
  unique (id, currency)
);

create table transfer (
  id         uuid        primary key,
  payment_id uuid        not null references payment (id),
  kind       text        not null check (kind in ('hold', 'release', 'sale', 'refund')),
  refund_id  uuid        references refund (id),
  created_at timestamptz not null default now(),
  -- A hold is released once, by the capture or by the void; a payment is sold once; a refund is given once.
  unique nulls not distinct (payment_id, kind, refund_id)
);

create table entry (
  id          uuid        primary key,
  transfer_id uuid        not null references transfer (id),
  account_id  uuid        not null,
  side        text        not null check (side in ('debit', 'credit')),
  amount      bigint      not null check (amount > 0),
  currency    char(3)     not null,
  created_at  timestamptz not null default now(),
  foreign key (account_id, currency) references account (id, currency)
);
create index entry_of_transfer on entry (transfer_id);
create index entry_of_account on entry (account_id, id desc) include (side, amount);

create function refuse_change() returns trigger language plpgsql as $$
begin
  raise exception 'The ledger is immutable: correct it by a reversal.' using errcode = 'insufficient_privilege';
end $$;
create trigger entry_is_immutable before update or delete or truncate on entry
  for each statement execute function refuse_change();
create trigger transfer_is_immutable before update or delete or truncate on transfer
  for each statement execute function refuse_change();

create function assert_balanced() returns trigger language plpgsql as $$
begin
  if exists (
    select 1 from entry where transfer_id = new.transfer_id group by currency
    having sum(case side when 'debit' then amount else -amount end) <> 0
  ) then
    raise exception 'Transfer % is not balanced.', new.transfer_id using errcode = 'check_violation';
  end if;
  return null;
end $$;
create constraint trigger entry_is_balanced after insert on entry
  deferrable initially deferred for each row execute function assert_balanced();

-- What the provider said, unproven: it only makes the worker ask.
create table provider_event (
  id          text        primary key,
  payment_id  uuid        not null,
  type        text        not null,
  received_at timestamptz not null default now()
);
create index provider_event_received_at on provider_event (received_at);

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

create table users (
  id            uuid        primary key,
  email         text        not null,
  -- What makes an address unique: its lower-case form.
  email_key     text        not null unique,
  name          text        not null,
  password_hash text        not null,
  roles         text[]      not null,
  created_at    timestamptz not null default now()
);

-- One sign-in and all refresh tokens that came from it: the family.
create table session (
  id         uuid        primary key,
  user_id    uuid        not null references users (id),
  created_at timestamptz not null default now(),
  revoked_at timestamptz
);
create index session_of_user on session (user_id);

create table refresh_token (
  -- SHA-256 of the token, which itself is kept nowhere.
  hash       bytea       primary key,
  session_id uuid        not null references session (id),
  created_at timestamptz not null default now(),
  expires_at timestamptz not null,
  used_at    timestamptz
);
create index refresh_token_of_session on refresh_token (session_id);
create index refresh_token_expires on refresh_token (expires_at);

-- Sign-ins tried per account in the current minute.
create table sign_in_window (
  account    text        primary key,
  started_at timestamptz not null,
  tries      integer     not null
);

create table signing_key (
  kid            text        primary key,
  public_jwk     jsonb       not null,
  -- The private key, sealed by AES-256-GCM: nonce, tag, ciphertext.
  private_sealed bytea       not null,
  -- Published from its creation, signing from here on.
  signs_from     timestamptz not null,
  created_at     timestamptz not null default now()
);

import type { Claim } from './idempotency.js';

/** A stored answer of an idempotent request. */
export interface Reply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: unknown;
}

/** Why something is written; it is recorded in the same statement, so that it happens once. */
export type Cause =
  | { readonly kind: 'command'; readonly claim: Claim; readonly reply: Reply }
  | EventCause
  /** The service's own doing (a worker, a sweeper): the guard alone makes it happen once. */
  | { readonly kind: 'internal' };

export interface EventCause {
  readonly kind: 'event';
  readonly consumer: string;
  readonly topic: string;
  readonly subject: string;
  readonly sequence: number;
  readonly messageId: string;
}

/** Adds a parameter to a statement and answers its placeholder. */
export type Bind = (value: unknown) => string;

/**
 * The query that yields one row if, and only if, this cause may take effect now.
 * @param guarded a condition that must hold too
 */
export function causeQuery(cause: Cause, bind: Bind, guarded: string): string {
  switch (cause.kind) {
    case 'internal':
      return `select 1 where ${guarded}`;
    case 'command': {
      const { claim, reply } = cause;
      return `update idempotency set reply = ${bind(JSON.stringify(reply))}::jsonb
        where principal = ${bind(claim.principal)} and route = ${bind(claim.route)} and key = ${bind(claim.key)}
          and owner = ${bind(claim.owner)}::uuid and reply is null and ${guarded} returning 1`;
    }
    case 'event':
      return inboxInsert(cause, bind, { state: 'applied', guarded });
  }
}

/**
 * Takes a message in once, and only as the next of its subject (or the first that is known of it, parked ones counted).
 * A dead one that is replayed has its place already, whether or not its predecessor is still remembered.
 */
export function inboxInsert(
  cause: EventCause,
  bind: Bind,
  options: { state: 'applied' | 'skipped' | 'dead'; guarded: string },
): string {
  const consumer = bind(cause.consumer);
  const topic = bind(cause.topic);
  const subject = bind(cause.subject);
  const sequence = bind(cause.sequence);
  const same = `consumer = ${consumer}::text and topic = ${topic}::text and subject = ${subject}::text`;
  return `insert into inbox (consumer, topic, subject, sequence, message_id, state)
    select ${consumer}::text, ${topic}::text, ${subject}::text, ${sequence}::integer, ${bind(cause.messageId)}::uuid, '${options.state}'
    where ${options.guarded} and (${sequence}::integer = 1
      or exists (select 1 from inbox where ${same} and sequence in (${sequence}::integer - 1, ${sequence}::integer))
      or not exists (select 1 from inbox where ${same})
        and not exists (select 1 from inbox_parked where ${same} and sequence < ${sequence}::integer))
    on conflict (consumer, topic, subject, sequence)
      do update set state = excluded.state, at = now() where inbox.state = 'dead' returning 1`;
}

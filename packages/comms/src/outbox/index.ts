export {
  caused,
  isInInbox,
  write,
  writeAndAnswer,
  type Queryable,
  type Write,
  type WriteOutcome,
} from './write.js';
export { inboxInsert, type Bind, type Cause, type EventCause, type Reply } from './cause.js';
export {
  createIdempotency,
  fingerprintOf,
  type Claim,
  type Idempotency,
  type RequestKey,
} from './idempotency.js';
export { bucketCount, bucketOf, createMessage, type OutboxMessage } from './message.js';
export { createRelay, type Publisher, type Relay, type RelayOptions } from './relay.js';
export { recordset } from './recordset.js';
export { isDuplicate } from './duplicate.js';

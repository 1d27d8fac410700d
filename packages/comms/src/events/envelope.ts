import { ServiceError } from '../errors/index.js';
import type { EventCause } from '../outbox/index.js';
import type { IncomingMessage } from './transport.js';

/** What a message says about itself: CloudEvents 1.0 attributes in binary mode, as `ce_` headers. */
export interface Envelope {
  readonly id: string;
  readonly type: string;
  readonly source: string;
  readonly subject: string;
  readonly sequence: number;
  readonly time: string;
  readonly traceparent: string | undefined;
}

// What the inbox can hold: a Postgres integer, and a subject that fits an index row and has no control characters.
const largestSequence = 2_147_483_647;
const subjectPattern = /^[^\p{Cc}]{1,255}$/u;
const uuidPattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** @throws `unsupported_media_type` for a message that isn't one of ours */
export function readEnvelope({ headers }: IncomingMessage): Envelope {
  const sequence = Number(headers['ce_sequence']);
  const { ce_id: id, ce_type: type, ce_subject: subject } = headers;
  const isOurs =
    id !== undefined &&
    uuidPattern.test(id) &&
    !!type &&
    subject !== undefined &&
    subjectPattern.test(subject) &&
    Number.isInteger(sequence) &&
    sequence > 0 &&
    sequence <= largestSequence;
  if (!isOurs) throw new ServiceError('unsupported_media_type', 'The message lacks its CloudEvents headers.');
  const { ce_source: source = '', ce_time: time = '', traceparent } = headers;
  return { id, type, source, subject, sequence, time, traceparent };
}

export const causeOf = (consumer: string, topic: string, envelope: Envelope): EventCause => ({
  kind: 'event',
  consumer,
  topic,
  subject: envelope.subject,
  sequence: envelope.sequence,
  messageId: envelope.id,
});

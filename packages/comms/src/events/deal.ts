import { ExponentialBackoff, handleWhen, retry } from 'cockatiel';
import type pg from 'pg';
import { deadLetterHeadersOf, poisonClassOf, ServiceError } from '../errors/index.js';
import { inboxInsert, isInInbox, type EventCause, type WriteOutcome } from '../outbox/index.js';
import { runInSpan, type Logger, type MessagingMeasures, type SpanFacts } from '../telemetry/index.js';
import { causeOf, readEnvelope, type Envelope } from './envelope.js';
import type { EventTransport, IncomingMessage } from './transport.js';

/** Works on one event. It writes with `cause`, so that the effect and its memory are one. */
export type EventHandler<T> = (event: T, cause: EventCause, envelope: Envelope) => Promise<WriteOutcome>;

export interface Subscription {
  handle(value: Buffer, cause: EventCause, envelope: Envelope): Promise<WriteOutcome>;
}

/** Binds a handler to the message type that it understands. */
export const on = <T>(type: { decode(bytes: Uint8Array): T }, handler: EventHandler<T>): Subscription => ({
  handle: (value, cause, envelope) => handler(decode(type, value), cause, envelope),
});

/** What dealing with a message takes. */
export interface DealOptions {
  /** Group and inbox name: the service. */
  readonly consumer: string;
  readonly events: EventTransport;
  readonly pool: pg.Pool;
  readonly logger: Logger;
  readonly measures: MessagingMeasures;
  /** By topic, then by full message name. A type without a handler is taken note of and passed over. */
  readonly handlers: Readonly<Record<string, Readonly<Record<string, Subscription>>>>;
}

/**
 * - `done`: its effect is committed, or it is among the dead letters.
 * - `gap`: an earlier event of its subject has to come first.
 * - `later`: it cannot be done now, and may be when it is tried again.
 */
export type Dealt =
  | { readonly outcome: 'done'; readonly envelope: Envelope | undefined }
  | { readonly outcome: 'gap' | 'later'; readonly envelope: Envelope | undefined; readonly reason: string };

const attemptsBeforeDeadLetter = 10;

/** Tries a message once. @param attempt which try it is, from 1 */
export async function deal(options: DealOptions, message: IncomingMessage, attempt: number): Promise<Dealt> {
  const envelope = envelopeIn(message);
  const wait = (outcome: 'gap' | 'later', reason: string): Dealt => ({ outcome, envelope, reason });
  try {
    const outcome = await runInSpan(
      message.headers['traceparent'],
      () => spanOf(options, message),
      () => handle(options, message),
    );
    if (outcome === 'gap') return wait('gap', gapReason);
  } catch (cause) {
    const error = ServiceError.from(cause);
    const isHopeless = poisonClassOf(error) !== 'transient';
    const isOurBug = error.code === 'internal' && attempt >= attemptsBeforeDeadLetter;
    if (!isHopeless && !isOurBug) return wait('later', reasonOf(error));
    try {
      const burial = await bury(options, message, { error, attempts: attempt });
      if (burial === 'gap') return wait('gap', gapReason);
    } catch (failure) {
      return wait('later', `its dead letter could not be kept: ${String(failure)}`);
    }
  }
  options.measures.consumed(message.topic, 1, message.value.length);
  return { outcome: 'done', envelope };
}

const spanOf = (
  { consumer }: DealOptions,
  { topic, partition, offset, headers }: IncomingMessage,
): SpanFacts => ({
  name: `process ${topic}`,
  kind: 'consumer',
  attributes: {
    'messaging.operation.type': 'process',
    'messaging.destination.name': topic,
    'messaging.destination.partition.id': String(partition),
    'messaging.kafka.offset': Number(offset),
    'messaging.consumer.group.name': consumer,
    'cloudevents.event_id': headers['ce_id'] ?? '',
    'cloudevents.event_type': headers['ce_type'] ?? '',
    'cloudevents.event_subject': headers['ce_subject'] ?? '',
  },
});

const gapReason = 'an earlier event of the subject is missing';

async function handle(options: DealOptions, message: IncomingMessage): Promise<WriteOutcome> {
  const envelope = readEnvelope(message);
  const cause = causeOf(options.consumer, message.topic, envelope);
  const subscription = options.handlers[message.topic]?.[envelope.type];
  if (!subscription) {
    options.measures.unknownType(message.topic);
    return note(options.pool, cause, 'skipped');
  }
  return untilFresh.execute(async () => {
    const outcome = await subscription.handle(message.value, cause, envelope);
    if (outcome === 'stale') throw new StaleError();
    return outcome;
  });
}

/** The aggregate changed between reading and writing: read again. */
class StaleError extends Error {
  readonly code = '40001';
}

const untilFresh = retry(
  handleWhen((error) => error instanceof StaleError),
  { maxAttempts: 5, backoff: new ExponentialBackoff({ initialDelay: 2, maxDelay: 50 }) },
);

/** Takes a message into the inbox without an effect. */
async function note(pool: pg.Pool, cause: EventCause, state: 'skipped' | 'dead'): Promise<WriteOutcome> {
  const values: unknown[] = [];
  const text = inboxInsert(cause, (value) => `$${String(values.push(value))}`, { state, guarded: 'true' });
  const { rowCount } = await pool.query({ name: `inbox/${state}`, text, values });
  if (rowCount === 1) return 'applied';
  return (await isInInbox(pool, cause)) ? 'already-applied' : 'gap';
}

/**
 * Keeps the message as a dead letter, and its place in the subject's sequence as one that is dealt with. The place
 * comes first: a letter whose place cannot be taken yet, for a gap before it, would leave a hole for ever.
 */
async function bury(
  options: DealOptions,
  message: IncomingMessage,
  failure: { error: ServiceError; attempts: number },
): Promise<WriteOutcome> {
  const { topic, partition, offset, key, headers, value } = message;
  const origin = { topic, partition, offset, consumer: options.consumer, attempts: failure.attempts };
  const letter = { key, headers: { ...headers, ...deadLetterHeadersOf(failure.error, origin) }, value };
  const envelope = envelopeIn(message);
  if (envelope) {
    const noted = await note(options.pool, causeOf(options.consumer, topic, envelope), 'dead');
    if (noted === 'gap') return noted;
  }
  await options.events.publish(`${topic}.dlq`, [letter]);
  options.measures.deadLettered(topic);
  options.logger.error(
    { ...origin, code: failure.error.code, reason: failure.error.message },
    'an event went to the dead letters',
  );
  return 'applied';
}

function envelopeIn(message: IncomingMessage): Envelope | undefined {
  try {
    return readEnvelope(message);
  } catch {
    return undefined;
  }
}

function decode<T>(type: { decode(bytes: Uint8Array): T }, value: Buffer): T {
  try {
    return type.decode(value);
  } catch (error) {
    throw new ServiceError('invalid_argument', 'The payload is not a valid message of its type.', {
      cause: error,
    });
  }
}

const reasonOf = ({ cause, message }: ServiceError): string =>
  cause instanceof Error ? String(cause) : message;

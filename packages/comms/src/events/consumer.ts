import { ExponentialBackoff, handleWhen, retry } from 'cockatiel';
import type pg from 'pg';
import { deadLetterHeadersOf, poisonClassOf, ServiceError } from '../errors/index.js';
import { inboxInsert, isInInbox, type EventCause, type WriteOutcome } from '../outbox/index.js';
import type { Failpoint } from '../resilience/index.js';
import { callFrom, runInCall, type Logger, type MessagingMeasures } from '../telemetry/index.js';
import { causeOf, readEnvelope, type Envelope } from './envelope.js';
import type { BatchOutcome, Consumption, EventTransport, IncomingMessage } from './transport.js';

/** Works on one event. It writes with `cause`, so that the effect and its memory are one. */
export type EventHandler<T> = (event: T, cause: EventCause, envelope: Envelope) => Promise<WriteOutcome>;

export interface Subscription {
  handle(value: Buffer, cause: EventCause, envelope: Envelope): Promise<WriteOutcome>;
}

/** Binds a handler to the message type that it understands. */
export const on = <T>(type: { decode(bytes: Uint8Array): T }, handler: EventHandler<T>): Subscription => ({
  handle: (value, cause, envelope) => handler(decode(type, value), cause, envelope),
});

export interface ConsumerOptions {
  /** Group and inbox name: the service. */
  readonly consumer: string;
  readonly events: EventTransport;
  readonly pool: pg.Pool;
  readonly logger: Logger;
  readonly measures: MessagingMeasures;
  /** By topic, then by full message name. A type without a handler is taken note of and passed over. */
  readonly handlers: Readonly<Record<string, Readonly<Record<string, Subscription>>>>;
  readonly onCrash: (error: Error) => void;
  readonly failpoint?: Failpoint | undefined;
}

export interface Consumer {
  start(): Promise<void>;
  stop(): Promise<void>;
  checkLive(): string | undefined;
}

const attemptsBeforeDeadLetter = 10;
const longestPauseMs = 5000;
const gapAlarmMs = 60_000;

/**
 * Hands events to handlers: one subject's in order, different subjects' side by side, each offset committed only when
 * its effect is. What cannot be decoded or is refused for good goes to the topic's dead letters and the rest goes on;
 * what cannot be done now (database away, a gap in the sequence) comes again until it can.
 */
export function createConsumer(options: ConsumerOptions): Consumer {
  const attempts = new Map<string, { count: number; since: number }>();
  let consumption: Consumption | undefined;

  const onBatch = async (
    messages: readonly IncomingMessage[],
    signal: AbortSignal,
  ): Promise<BatchOutcome> => {
    const startedAt = performance.now();
    const done = new Set<IncomingMessage>();
    let worst = 0;
    await Promise.all(
      byKey(messages).map(async (ofKey) => {
        for (const message of ofKey) {
          if (signal.aborted) return;
          const failedTimes = await deal(options, attempts, message);
          if (failedTimes > 0) {
            worst = Math.max(worst, failedTimes);
            return;
          }
          done.add(message);
        }
      }),
    );
    await options.failpoint?.('consumer.after-effect-before-commit');
    const firstOpen = messages.findIndex((message) => !done.has(message));
    const prefix = firstOpen === -1 ? messages.length : firstOpen;
    const topic = messages[0]?.topic ?? '';
    options.measures.busy(topic, performance.now() - startedAt);
    return { done: prefix, retryAfterMs: Math.min(longestPauseMs, 50 * 2 ** worst) };
  };
  return {
    start: async () => {
      const topics = Object.keys(options.handlers);
      consumption = await options.events.consume({
        group: options.consumer,
        topics,
        onBatch,
        onCrash: options.onCrash,
      });
    },
    stop: async () => {
      await consumption?.stop();
    },
    checkLive: () => consumption?.checkLive(),
  };
}

function byKey(messages: readonly IncomingMessage[]): IncomingMessage[][] {
  const groups = new Map<string, IncomingMessage[]>();
  for (const message of messages) {
    const group = groups.get(message.key);
    if (group) group.push(message);
    else groups.set(message.key, [message]);
  }
  return [...groups.values()];
}

/** @returns 0 when the message is dealt with, otherwise how many deliveries of it have failed by now */
async function deal(
  options: ConsumerOptions,
  attempts: Map<string, { count: number; since: number }>,
  message: IncomingMessage,
): Promise<number> {
  const place = `${message.topic}/${String(message.partition)}/${message.offset}`;
  const before = attempts.get(place) ?? { count: 0, since: Date.now() };
  try {
    const outcome = await runInCall(callFrom(message.headers['traceparent']), () => handle(options, message));
    if (outcome === 'gap')
      return again(options, { attempts, place, before }, 'an earlier event of the subject is missing');
  } catch (reason) {
    const error = ServiceError.from(reason);
    const isHopeless = poisonClassOf(error) !== 'transient';
    const isOurBug = error.code === 'internal' && before.count + 1 >= attemptsBeforeDeadLetter;
    if (!isHopeless && !isOurBug) return again(options, { attempts, place, before }, reasonOf(error));
    try {
      const burial = await bury(options, message, { error, attempts: before.count + 1 });
      if (burial === 'gap')
        return again(options, { attempts, place, before }, 'an earlier event of the subject is missing');
    } catch (failure) {
      return again(
        options,
        { attempts, place, before },
        `its dead letter could not be kept: ${String(failure)}`,
      );
    }
  }
  attempts.delete(place);
  options.measures.consumed(message.topic, 1, message.value.length);
  return 0;
}

function again(
  { logger }: ConsumerOptions,
  {
    attempts,
    place,
    before,
  }: {
    attempts: Map<string, { count: number; since: number }>;
    place: string;
    before: { count: number; since: number };
  },
  reason: string,
): number {
  const now = { count: before.count + 1, since: before.since };
  attempts.set(place, now);
  const level = Date.now() - now.since > gapAlarmMs ? 'error' : 'warn';
  logger[level]({ place, reason, attempts: now.count }, 'an event has to wait');
  return now.count;
}

async function handle(options: ConsumerOptions, message: IncomingMessage): Promise<WriteOutcome> {
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
  options: ConsumerOptions,
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

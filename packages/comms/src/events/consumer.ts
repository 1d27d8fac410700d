import type { Failpoint } from '../resilience/index.js';
import { deal, type Dealt, type DealOptions } from './deal.js';
import { groupBy } from './group-by.js';
import { createParkedRows } from './parked-rows.js';
import { createParkingLot } from './parking-lot.js';
import type { BatchOutcome, Consumption, IncomingMessage } from './transport.js';

export interface ConsumerOptions extends DealOptions {
  readonly onCrash: (error: Error) => void;
  readonly failpoint?: Failpoint | undefined;
  /** How many messages may be parked before their partitions wait instead; 1000 unless given. */
  readonly parkingCapacity?: number;
}

export interface Consumer {
  start(): Promise<void>;
  stop(): Promise<void>;
  checkLive(): string | undefined;
}

/** Tries of a message in its place, before it is parked and the messages behind it go on. */
const attemptsInPlace = 3;
const longestPauseMs = 5000;
const alarmAfterMs = 60_000;

/**
 * Hands events to handlers: one subject's in order, different subjects' side by side, each offset committed only when
 * its effect is. What cannot be decoded or is refused for good goes to the topic's dead letters. What cannot be done
 * now (a gap in the sequence, something away) is parked and tried until it can, and the rest goes on. What cannot even
 * be parked, for the database is away or the lot full, holds its partition.
 */
export function createConsumer(options: ConsumerOptions): Consumer {
  const attempts = new Map<string, { count: number; since: number }>();
  let consumption: Consumption | undefined;

  const tryOnce = async (message: IncomingMessage, attempt: number): Promise<Dealt> => {
    const dealt = await deal(options, message, attempt);
    if (dealt.outcome === 'done' && dealt.envelope) await lot.follow(message.topic, dealt.envelope);
    return dealt;
  };
  const lot = createParkingLot({
    rows: createParkedRows(options.pool, options.consumer),
    logger: options.logger,
    measures: options.measures,
    capacity: options.parkingCapacity ?? 1000,
    tryAgain: async (message, before) => {
      const dealt = await tryOnce(message, before + 1);
      return dealt.outcome === 'done' ? undefined : dealt.reason;
    },
  });
  /** @returns 0 when its offset may be committed, otherwise how many deliveries of it have failed by now */
  const dealInPlace = async (message: IncomingMessage): Promise<number> => {
    const place = `${message.topic}/${String(message.partition)}/${message.offset}`;
    const before = attempts.get(place) ?? { count: 0, since: Date.now() };
    const now = { count: before.count + 1, since: before.since };
    const dealt = await tryOnce(message, now.count);
    if (dealt.outcome === 'done' || (await isParked(message, dealt, now.count))) {
      attempts.delete(place);
      return 0;
    }
    attempts.set(place, now);
    const level = Date.now() - now.since > alarmAfterMs ? 'error' : 'warn';
    options.logger[level](
      { place, reason: dealt.reason, attempts: now.count },
      'an event holds its partition',
    );
    return now.count;
  };
  const isParked = async (
    message: IncomingMessage,
    { outcome, envelope, reason }: Exclude<Dealt, { outcome: 'done' }>,
    count: number,
  ): Promise<boolean> => {
    if (!envelope || (outcome === 'later' && count < attemptsInPlace)) return false;
    try {
      return await lot.park(message, envelope, { reason, attempts: count });
    } catch {
      // Without its database a consumer can neither work nor park: the partition waits.
      return false;
    }
  };
  const onBatch = async (
    messages: readonly IncomingMessage[],
    signal: AbortSignal,
  ): Promise<BatchOutcome> => {
    const startedAt = performance.now();
    const done = new Set<IncomingMessage>();
    let worst = 0;
    await Promise.all(
      groupBy(messages, ({ key }) => key).map(async (ofKey) => {
        for (const message of ofKey) {
          if (signal.aborted) return;
          const failedTimes = await dealInPlace(message);
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
      lot.start();
      consumption = await options.events.consume({
        group: options.consumer,
        topics: Object.keys(options.handlers),
        onBatch,
        onCrash: options.onCrash,
      });
    },
    stop: async () => {
      await consumption?.stop();
      await lot.stop();
    },
    checkLive: () => consumption?.checkLive(),
  };
}

import { RegistryError } from '../domain/errors.js';
import type { Watchers } from '../store/watchers.js';
import type { Exchange, Reply } from './exchange.js';
import { consistencyOf, indexOf, waitMsOf } from './params.js';

/** A result that can be waited for. */
export interface Result {
  /** What touches it; see `topics`. */
  readonly topics: readonly string[];
  /** Its index now. */
  readonly index: () => number;
  /** The answer now; made once, when it is time to answer. */
  readonly reply: () => Reply;
}

/** Answers reads; those with an index answer when the result is newer than it, or when their wait is over. */
export type AnswerBlocking = (exchange: Exchange, result: Result) => Promise<Reply>;

/** What a request without a token may do by default: everything, or only what is said elsewhere. */
export type DefaultPolicy = 'allow' | 'deny';

export interface BlockingDeps {
  readonly watchers: Watchers;
  /** When true, waits end at once with the result as it is. */
  readonly isStopping: () => boolean;
  readonly policy: DefaultPolicy;
}

export function createAnswerBlocking({ watchers, isStopping, policy }: BlockingDeps): AnswerBlocking {
  return async (exchange, result) => {
    const { query } = exchange;
    const consistency = consistencyOf(query);
    const seen = indexOf(query);
    const waitMs = waitMsOf(query);
    const isDue = () => isStopping() || result.index() > seen;
    if (seen > 0 && !isDue()) await untilDue({ watchers, topics: result.topics, isDue }, waitMs, exchange);
    const reply = result.reply();
    return {
      ...reply,
      headers: {
        ...queryHeaders(result.index(), consistency),
        'X-Consul-Default-ACL-Policy': policy,
        ...reply.headers,
      },
    };
  };
}

/** Headers that every read of the store carries. */
export function queryHeaders(index: number, consistency: string): Record<string, string> {
  return {
    'X-Consul-Index': String(Math.max(index, 1)),
    'X-Consul-KnownLeader': 'true',
    'X-Consul-LastContact': '0',
    'X-Consul-Effective-Consistency': consistency,
  };
}

/** What a wait ends on: a touch of its topics after which `isDue` holds. */
export interface Awaited {
  readonly watchers: Watchers;
  readonly topics: readonly string[];
  readonly isDue: () => boolean;
}

/**
 * Waits until it is due, the time is over, or the client is gone.
 * @throws RegistryError `too-many` when as many wait as may
 */
export function untilDue(awaited: Awaited, waitMs: number, exchange: Exchange): Promise<void> {
  if (awaited.watchers.isFull) {
    throw new RegistryError('too-many', 'Too many blocking queries are open: ask again later');
  }
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      unwatch();
      resolve();
    };
    const timer = setTimeout(end, waitMs);
    const unwatch = awaited.watchers.watch(awaited.topics, () => {
      if (awaited.isDue()) end();
    });
    exchange.whenGone(end);
  });
}

import { circuitBreaker, CircuitState, ConsecutiveBreaker, handleAll } from 'cockatiel';
import type { Endpoint } from './registry-client.js';

export type Outcome = 'ok' | 'failed';

/** One endpoint as a picker knows it. */
export interface Member {
  readonly endpoint: Endpoint;
  readonly inFlight: number;
  /** Nothing is held against it. */
  readonly isWell: boolean;
  /** What its calls take of late, in milliseconds; NaN while too few have ended. */
  readonly latencyMs: number;
  mayBePicked(): boolean;
  begin(): void;
  /** @param like all members of its picker, it among them */
  end(outcome: Outcome, call: { tookMs: number; like: readonly Member[] }): void;
}

const failuresToEject = 5;
const ejectedForMs = 2000;

/** A member is slow when its calls take so many times what they take at its like, and so much longer at least. */
const slowTimes = 4;
const slowByMs = 10;
const callsToJudge = 10;
const weightOfLast = 0.2;

/** The circuit breaker per endpoint is the one way to be ejected: by failures in a row, or by slow answers in a row. */
export function createMember(endpoint: Endpoint): Member {
  const breaker = circuitBreaker(handleAll, {
    halfOpenAfter: ejectedForMs,
    breaker: new ConsecutiveBreaker(failuresToEject),
  });
  let inFlight = 0;
  let ejectedAt = -Infinity;
  let failures = 0;
  let latencyMs = NaN;
  let calls = 0;
  breaker.onBreak(() => {
    ejectedAt = Date.now();
  });

  const learn = (tookMs: number) => {
    calls += 1;
    latencyMs = Number.isNaN(latencyMs) ? tookMs : latencyMs + (tookMs - latencyMs) * weightOfLast;
  };
  const isSlow = (tookMs: number, like: readonly Member[]): boolean => {
    if (like.length < 2 || calls < callsToJudge) return false;
    const usual = bestOfOthers(endpoint, like);
    const limit = Math.max(usual * slowTimes, usual + slowByMs);
    return latencyMs > limit && tookMs > limit;
  };
  return {
    endpoint,
    get inFlight() {
      return inFlight;
    },
    get isWell() {
      return breaker.state === CircuitState.Closed;
    },
    get latencyMs() {
      return calls < callsToJudge ? NaN : latencyMs;
    },
    // The breaker leaves its open state only by a call, so that the time for one is told here.
    mayBePicked: () =>
      breaker.state === CircuitState.Closed || (inFlight === 0 && Date.now() - ejectedAt >= ejectedForMs),
    begin: () => {
      inFlight += 1;
    },
    end: (outcome, { tookMs, like }) => {
      inFlight -= 1;
      const isTrial = breaker.state !== CircuitState.Closed;
      if (outcome === 'ok') learn(tookMs);
      const isBad = outcome === 'failed' || isSlow(tookMs, like);
      // A breaker that has nothing to forget need not be told of a success.
      if (!isBad && !isTrial && failures === 0) return;
      failures = isBad ? failures + 1 : 0;
      // Back among its like, it is judged by what it does from now on.
      if (isTrial && !isBad) calls = 0;
      breaker
        .execute(() => {
          if (isBad) throw new Error('failed');
        })
        .catch(() => undefined);
    },
  };
}

function bestOfOthers(endpoint: Endpoint, like: readonly Member[]): number {
  let best = Infinity;
  for (const other of like) {
    if (other.endpoint !== endpoint && other.isWell && other.latencyMs < best) best = other.latencyMs;
  }
  return best;
}

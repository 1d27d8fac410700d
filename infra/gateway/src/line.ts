import { ServiceError } from '@souk/comms/errors';
import { createLimiter, type Limiter } from '@souk/comms/resilience';

export interface Guest {
  /** For so long an answer is of use to it, from now. */
  readonly patienceMs: number;
  /** Calls back when whoever asked has gone. */
  onGone(listener: () => void): void;
}

/** A place among the requests that the service works on. */
export interface Seat {
  /** By `performance.now()`. */
  readonly takenAtMs: number;
  /** To be called once. The arguments are those of a limiter's `release`. */
  leave(kind: string, tookMs: number | undefined, wasInTime: boolean): void;
}

/**
 * The requests to one service: a few that it works on, as many as an adaptive limiter finds it does well at once, and
 * behind them those that wait, first come, first served. A burst waits its turn; what would be too late for whoever
 * asked is refused before it waits at all.
 */
export interface Line {
  /** @throws `unavailable` when an answer would come later than after `patienceMs` */
  foresee(patienceMs: number): void;
  /** @throws `unavailable` as `foresee`, and when there is too little time left at its turn */
  join(guest: Guest): Promise<Seat>;
}

interface Waiting {
  readonly untilMs: number;
  sit(seat: Seat): void;
  refuse(): void;
}

const mostWaiting = 1024;
/** How much the newest of many says of their mean. */
const weight = 0.05;
/** Of the time that an answer takes on the average, so that nearly all of those let in are in time. */
const margin = 3;
const longestRetryAfterSeconds = 30;

/** @param initial how many requests at once the service gets before anything is learned of it */
export function createLine(service: string, initial: number): Line {
  const limiter: Limiter = createLimiter({ initial });
  const waiting = new Set<Waiting>();
  /** Of an answer, from when its request got its place. */
  const answerMs = createMean();
  /** From one answer to the next, while all places are taken. */
  const paceMs = createMean();
  let leftAtMs = performance.now();
  let fullAtMs = leftAtMs;

  const isFull = (): boolean => limiter.inFlight >= limiter.limit;
  /** What stood still for so long will not go faster now. */
  const expectedMs = (): number =>
    Math.max((waiting.size + 1) * paceMs.value + margin * answerMs.value, performance.now() - leftAtMs);
  const refusal = (): ServiceError =>
    new ServiceError('unavailable', `${service} has as much to do as it can.`, {
      retryAfterSeconds: Math.min(longestRetryAfterSeconds, Math.max(1, Math.ceil(expectedMs() / 1000))),
    });
  const foresee = (patienceMs: number): void => {
    if (waiting.size === 0 && !isFull()) return;
    if (waiting.size >= mostWaiting || expectedMs() > patienceMs) throw refusal();
  };
  const take = (): Seat | undefined => {
    // The whole of the limit: all that comes to a service this way is of one priority.
    if (!limiter.tryAcquire('payment')) return undefined;
    const takenAtMs = performance.now();
    if (limiter.inFlight === 1) leftAtMs = takenAtMs;
    if (isFull()) fullAtMs = takenAtMs;
    return {
      takenAtMs,
      leave: (kind, tookMs, wasInTime) => {
        const nowMs = performance.now();
        answerMs.add(nowMs - takenAtMs);
        if (isFull()) paceMs.add(nowMs - Math.max(leftAtMs, fullAtMs));
        leftAtMs = nowMs;
        limiter.release(kind, tookMs, wasInTime);
        seatNext();
      },
    };
  };
  const seatNext = (): void => {
    for (const next of waiting) {
      if (next.untilMs - performance.now() < margin * answerMs.value) {
        next.refuse();
        continue;
      }
      const seat = take();
      if (!seat) return;
      next.sit(seat);
    }
  };

  return {
    foresee,
    join: async (guest) => {
      foresee(guest.patienceMs);
      const seat = waiting.size === 0 ? take() : undefined;
      if (seat) return seat;
      return new Promise((resolve, reject) => {
        const entry: Waiting = {
          untilMs: performance.now() + guest.patienceMs,
          sit: (given) => {
            waiting.delete(entry);
            clearTimeout(timer);
            resolve(given);
          },
          refuse: () => {
            if (!waiting.delete(entry)) return;
            clearTimeout(timer);
            reject(refusal());
          },
        };
        const timer = setTimeout(entry.refuse, guest.patienceMs);
        guest.onGone(entry.refuse);
        waiting.add(entry);
      });
    },
  };
}

/** A moving mean, in which the first ones count alike. */
function createMean(): { readonly value: number; add(sample: number): void } {
  let value = 0;
  let count = 0;
  return {
    get value() {
      return value;
    },
    add: (sample) => {
      count += 1;
      value += Math.max(weight, 1 / count) * (sample - value);
    },
  };
}

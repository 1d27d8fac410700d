import { ServiceError } from '@souk/comms/errors';
import { createLimiter, type Limiter } from '@souk/comms/resilience';

/** A request's place among those that a service works on. Only the first of its endings counts. */
export interface Place {
  /** An answer begins: what comes of its body, such as events for hours, takes no place. */
  answered(status: number): void;
  /** The service has answered, and whoever asked had gone. */
  unheard(): void;
}

export interface Visit {
  readonly service: string;
  readonly method: string;
  readonly path: string;
  /** For so long its caller waits, from its arrival; undefined: as long as it takes. */
  readonly allowedMs: number | undefined;
  /** By `performance.now()`. */
  readonly arrivedAtMs: number;
}

/**
 * How many requests each service is asked at once, learned from how long it takes. What is too much is refused here,
 * before its body is read, at a small part of what passing it on and being refused there would cost; and a service that
 * is slow keeps no place from the others.
 */
export interface Admission {
  /** @throws `unavailable` when there is no place */
  enter(visit: Visit): Place;
}

const mostSegments = 5;
/** Below what each service gets at first it goes only for callers who say how long they wait, or leave. */
const minWhenLate = 16;

/** @param initial how many requests at once each service gets before anything is learned of it */
export function createAdmission(initial = 256): Admission {
  const limiters = new Map<string, Limiter>();
  const limiterOf = (service: string) => {
    const known = limiters.get(service);
    if (known) return known;
    const limiter = createLimiter({ initial, min: initial, minWhenLate });
    limiters.set(service, limiter);
    return limiter;
  };
  return {
    enter: (visit) => {
      const limiter = limiterOf(visit.service);
      // The whole of the limit: all that comes to a service this way is of one priority.
      if (!limiter.tryAcquire('payment'))
        throw new ServiceError('unavailable', `${visit.service} has as much to do as it can.`, {
          retryAfterSeconds: 1,
        });
      let isHeld = true;
      const leave = (tookMs: number | undefined, isHeard: boolean): void => {
        if (!isHeld) return;
        isHeld = false;
        limiter.release(kindOf(visit), tookMs, isHeard);
      };
      const soFarMs = (): number => performance.now() - visit.arrivedAtMs;
      return {
        answered: (status) => {
          const tookMs = soFarMs();
          // A refusal is quick whatever the load.
          const saysSomething = status < 400 || status === 504;
          const isHeard = status !== 504 && tookMs < (visit.allowedMs ?? Infinity);
          leave(saysSomething ? tookMs : undefined, isHeard);
        },
        unheard: () => {
          leave(soFarMs(), false);
        },
      };
    },
  };
}

/** Reading one is compared with reading one, a list with a list: what differs takes differently long. */
const kindOf = ({ method, path }: Visit): string =>
  `${method} ${String(Math.min(mostSegments, path.split('/').length))}`;

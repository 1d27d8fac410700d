import { tellsOfLoad } from '@souk/comms/http';
import { createLine, type Line } from './line.js';

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
  /** For so long its caller waits, from its arrival; undefined: nobody said. */
  readonly allowedMs: number | undefined;
  /** By `performance.now()`. */
  readonly arrivedAtMs: number;
}

/**
 * How many requests each service is asked at once, learned from how long it takes, and who waits for a turn. What would
 * be too late is refused here, at a small part of what passing it on and being refused there would cost; and a service
 * that is slow keeps no place from the others.
 */
export interface Admission {
  /**
   * To be asked before anything of the body is read.
   *
   * @throws `unavailable` when its turn would come too late
   */
  foresee(visit: Visit): void;
  /**
   * To be asked when the request is here in full: one that comes slowly takes no place.
   *
   * @param onGone calls back when whoever asked has gone, so that nobody waits in its name
   * @throws `unavailable` as `foresee`, and when there is too little time left at its turn
   */
  enter(visit: Visit, onGone: (listener: () => void) => void): Promise<Place>;
}

const mostSegments = 5;
/** Who does not say how long they wait are taken to wait so long. */
const usualPatienceMs = 10_000;

/** @param placesAtFirst how many requests at once each service gets before anything is learned of it */
export function createAdmission(placesAtFirst = 64): Admission {
  const lines = new Map<string, Line>();
  const lineOf = (service: string): Line => {
    const known = lines.get(service);
    if (known) return known;
    const line = createLine(service, placesAtFirst);
    lines.set(service, line);
    return line;
  };
  return {
    foresee: (visit) => {
      lineOf(visit.service).foresee(patienceOf(visit));
    },
    enter: async (visit, onGone) => {
      const seat = await lineOf(visit.service).join({ patienceMs: patienceOf(visit), onGone });
      let isHeld = true;
      const leave = (saysSomething: boolean, isHeard: boolean): void => {
        if (!isHeld) return;
        isHeld = false;
        seat.leave(kindOf(visit), saysSomething ? performance.now() - seat.takenAtMs : undefined, isHeard);
      };
      return {
        answered: (status) => {
          const isInTime = performance.now() - visit.arrivedAtMs < (visit.allowedMs ?? Infinity);
          leave(tellsOfLoad(status), status !== 504 && isInTime);
        },
        unheard: () => {
          leave(true, false);
        },
      };
    },
  };
}

const patienceOf = ({ allowedMs = usualPatienceMs, arrivedAtMs }: Visit): number =>
  arrivedAtMs + allowedMs - performance.now();

/** Reading one is compared with reading one, a list with a list: what differs takes differently long. */
const kindOf = ({ method, path }: Visit): string =>
  `${method} ${String(Math.min(mostSegments, path.split('/').length))}`;

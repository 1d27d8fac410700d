/** What runs for one check until it is stopped. */
export interface Running {
  stop(): void;
}

export interface TtlClock extends Running {
  /** The check was heard of: the clock starts over. */
  restart(): void;
}

/** The process itself slept this share of a TTL past the deadline: nobody could have been heard. */
const OVERSLEPT_SHARE = 0.5;

/**
 * Calls `onLapse` when a TTL passes without a restart, then again after each further TTL. When the timer is
 * late (a stopped or stalled process), the clock gives one full TTL instead: the beats are still in the sockets.
 */
export function startTtlClock(ttlMs: number, onLapse: () => void): TtlClock {
  let due = performance.now() + ttlMs;
  let timer = setTimeout(lapse, ttlMs);
  function restart(): void {
    due = performance.now() + ttlMs;
    timer.refresh();
  }
  function lapse(): void {
    const overslept = performance.now() - due > Math.max(ttlMs * OVERSLEPT_SHARE, 250);
    due = performance.now() + ttlMs;
    timer = setTimeout(lapse, ttlMs);
    if (!overslept) onLapse();
  }
  return {
    restart,
    stop: () => {
      clearTimeout(timer);
    },
  };
}

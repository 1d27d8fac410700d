import type { Priority } from './priority.js';

/** How much of an instance's limit each priority may fill: what is left over is for those above it. */
const shares: Readonly<Record<Priority, number>> = {
  health: Infinity,
  payment: 1,
  order: 0.9,
  browse: 0.8,
};

export interface LimiterOptions {
  readonly initial?: number;
  readonly min?: number;
  readonly max?: number;
  /** Milliseconds that only go forward. */
  readonly now?: () => number;
}

/** How much work an instance takes on at once, learned from how long the work takes. */
export interface Limiter {
  /** False: refuse the request now, at the least cost. True: call `release` when its work has ended. */
  tryAcquire(priority: Priority): boolean;
  /**
   * @param kind what was done, such as a method's path: kinds are compared with themselves alone
   * @param tookMs undefined when it says nothing of the load (it was refused, or broke off)
   * @param wasInTime false when its deadline had passed, so that nobody was left to hear of it
   */
  release(kind: string, tookMs: number | undefined, wasInTime?: boolean): void;
  readonly limit: number;
  readonly inFlight: number;
}

interface Kind {
  /** The mean of its best window lately: what it takes when nothing waits. */
  bestMs: number;
  sumMs: number;
  count: number;
}

const windowMs = 100;
const samplesToJudge = 10;
const leastMs = 1;
/** Whoever waits for less tells of their own haste, not of the load: nobody can make an instance refuse others with it. */
const leastLateMs = 100;
const probeAfterMs = 10_000;
const mostKinds = 1000;
/** In each quiet window, back towards where it began: what an hour ago was too much says nothing of the next burst. */
const quietGrowth = 1.5;

/**
 * An adaptive concurrency limit after Netflix' concurrency-limits (https://github.com/Netflix/concurrency-limits, its
 * Vegas limit): latency against the best latency tells how many requests wait; few make the limit grow, many make it
 * shrink. When most of what ends is too late for its caller, half of what was in flight is plenty, even far below the
 * limit: what is in front of an instance may not let through as much as its limit. As in BBR (Cardwell et al. 2016) the
 * limit is cut now and then for a moment, so that the best latency is measured anew and cannot drift up under a load
 * that never ends.
 */
export function createLimiter(options: LimiterOptions = {}): Limiter {
  const { initial = 512, min = 16, max = 1024, now = () => performance.now() } = options;
  const kinds = new Map<string, Kind>();
  let limit = initial;
  let inFlight = 0;
  let mostInFlight = 0;
  let windowStart = now();
  let samples = 0;
  let late = 0;
  let probedAt = windowStart;
  let limitAfterProbe: number | undefined;
  let hasRefused = false;

  const sample = (name: string, tookMs: number) => {
    let kind = kinds.get(name);
    if (!kind) {
      if (kinds.size >= mostKinds) return;
      kind = { bestMs: Infinity, sumMs: 0, count: 0 };
      kinds.set(name, kind);
    }
    kind.sumMs += tookMs;
    kind.count += 1;
    samples += 1;
  };

  /** Latency of the window against the best, weighted by how often each kind came. */
  const closeWindow = (isProbe: boolean): number => {
    let weighted = 0;
    let count = 0;
    for (const kind of kinds.values()) {
      if (kind.count < samplesToJudge / 2) continue;
      const meanMs = Math.max(leastMs, kind.sumMs / kind.count);
      kind.bestMs = isProbe ? meanMs : Math.min(kind.bestMs, meanMs);
      weighted += (meanMs / kind.bestMs) * kind.count;
      count += kind.count;
      kind.sumMs = 0;
      kind.count = 0;
    }
    return count === 0 ? 1 : weighted / count;
  };

  const endWindow = (at: number) => {
    const isProbe = limitAfterProbe !== undefined;
    const most = mostInFlight;
    const isTooLate = late > samples / 2;
    const slowness = closeWindow(isProbe);
    windowStart = at;
    samples = 0;
    late = 0;
    mostInFlight = inFlight;
    // Whatever the best latency is taken for, it is none that callers have the patience for.
    if (isTooLate) {
      limit = Math.max(min, Math.min(limit, most) / 2);
      limitAfterProbe = undefined;
      return;
    }
    if (limitAfterProbe !== undefined) {
      limit = limitAfterProbe;
      limitAfterProbe = undefined;
      return;
    }
    if (most < limit / 2) {
      probedAt = at;
      limit = Math.max(limit, Math.min(initial, quietGrowth * limit));
      return;
    }
    limit = Math.min(max, Math.max(min, adjusted(limit, slowness)));
    // A limit that refuses nobody does no harm, whatever the best latency is by now.
    if (!hasRefused || at - probedAt < probeAfterMs) return;
    hasRefused = false;
    probedAt = at;
    limitAfterProbe = limit;
    limit = Math.max(min / 2, limit / 2);
  };

  return {
    get limit() {
      return limit;
    },
    get inFlight() {
      return inFlight;
    },
    tryAcquire: (priority) => {
      if (inFlight >= limit * shares[priority]) {
        hasRefused = true;
        return false;
      }
      inFlight += 1;
      if (inFlight > mostInFlight) mostInFlight = inFlight;
      return true;
    },
    release: (kind, tookMs, wasInTime = true) => {
      inFlight -= 1;
      if (tookMs === undefined) return;
      sample(kind, tookMs);
      if (!wasInTime && tookMs >= leastLateMs) late += 1;
      const at = now();
      if (samples >= samplesToJudge && at - windowStart >= windowMs) endWindow(at);
    },
  };
}

/** Vegas: of `limit` requests, `limit × (1 - 1 / slowness)` wait. */
function adjusted(limit: number, slowness: number): number {
  const waiting = limit * (1 - 1 / slowness);
  const step = Math.max(1, Math.log10(limit));
  if (slowness > 2) return limit * Math.max(0.5, 1 / slowness);
  if (waiting > 6 * step) return limit - step;
  return waiting < 3 * step ? limit + step : limit;
}

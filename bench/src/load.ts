import { setTimeout as delay } from 'node:timers/promises';
import { percentile } from './statistics.js';

export interface ClosedLoad {
  readonly inFlight: number;
  readonly bytes: number;
  readonly seconds: number;
}

export interface Measured {
  readonly opsPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly errors: number;
}

/** So many callers, each of which calls again as soon as it has its answer. */
export async function measureClosedLoop(
  call: (text: string) => Promise<unknown>,
  { inFlight, bytes, seconds }: ClosedLoad,
): Promise<Measured> {
  const text = 'x'.repeat(bytes);
  const tookMs: number[] = [];
  let errors = 0;
  const startedAt = performance.now();
  const until = startedAt + seconds * 1000;
  const caller = async () => {
    for (let at = performance.now(); at < until;) {
      try {
        await call(text);
      } catch {
        errors += 1;
      }
      const now = performance.now();
      tookMs.push(now - at);
      at = now;
    }
  };
  await Promise.all(Array.from({ length: inFlight }, caller));
  return {
    opsPerSecond: ((tookMs.length - errors) * 1000) / (performance.now() - startedAt),
    p50Ms: percentile(tookMs, 0.5),
    p99Ms: percentile(tookMs, 0.99),
    errors,
  };
}

export interface Flood {
  /** Calls begun a second, whatever becomes of those before. */
  readonly perSecond: number;
  readonly bytes: number;
  readonly seconds: number;
  /** An answer that took longer is worth nothing to its caller. */
  readonly patienceMs: number;
  /** The first seconds, in which a limit is found. */
  readonly settlingSeconds: number;
}

export interface Flooded {
  /** Calls answered in time, from the first to the last. */
  readonly opsPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Of the calls that were begun once it had settled, whatever they took, if they were answered. */
  readonly settledP99Ms: number;
  readonly failedPerSecond: number;
  readonly mostInFlight: number;
}

/** Calls that come as they come, as those of customers do. */
export async function measureOpenLoop(
  call: (text: string) => Promise<unknown>,
  { perSecond, bytes, seconds, patienceMs, settlingSeconds }: Flood,
): Promise<Flooded> {
  const text = 'x'.repeat(bytes);
  const tookMs: number[] = [];
  const settledMs: number[] = [];
  const calls = new Set<Promise<void>>();
  let failed = 0;
  let mostInFlight = 0;
  const begin = async () => {
    const at = performance.now();
    try {
      await call(text);
      const took = performance.now() - at;
      tookMs.push(took);
      if (at - startedAt >= settlingSeconds * 1000) settledMs.push(took);
    } catch {
      failed += 1;
    }
  };
  const startedAt = performance.now();
  let begun = 0;
  for (let now = startedAt; now < startedAt + seconds * 1000; now = performance.now()) {
    const due = ((now - startedAt) / 1000) * perSecond;
    for (; begun < due; begun += 1) {
      const one = begin().finally(() => calls.delete(one));
      calls.add(one);
    }
    mostInFlight = Math.max(mostInFlight, calls.size);
    await delay(1);
  }
  // Of those that are not answered by now nobody will hear in time.
  await Promise.race([Promise.all(calls), delay(2 * patienceMs)]);
  failed += calls.size;
  const inTime = tookMs.filter((took) => took <= patienceMs).length;
  return {
    opsPerSecond: inTime / seconds,
    p50Ms: percentile(tookMs, 0.5),
    p99Ms: percentile(tookMs, 0.99),
    settledP99Ms: percentile(settledMs, 0.99),
    failedPerSecond: (failed + tookMs.length - inTime) / seconds,
    mostInFlight,
  };
}

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

/** Per client address, scaled by SOUK_RATE_LIMIT. */
export const limits = { requestsPerSecond: 300, burst: 600, connections: 300 } as const;

/** A token bucket for each client address. */
export interface RateLimiter {
  /** Takes a token. Returns 0, or the seconds until there is one. */
  take(address: string, nowMs: number): number;
  /** Forgets addresses whose bucket is full again, which is what an unknown address gets. */
  sweep(nowMs: number): void;
  readonly size: number;
}

export function createRateLimiter(scale: number): RateLimiter {
  const perMs = (limits.requestsPerSecond * scale) / 1000;
  const burst = Math.max(1, limits.burst * scale);
  const buckets = new Map<string, { tokens: number; atMs: number }>();
  const filled = (bucket: { tokens: number; atMs: number }, nowMs: number): number =>
    Math.min(burst, bucket.tokens + (nowMs - bucket.atMs) * perMs);
  return {
    take: (address, nowMs) => {
      const bucket = buckets.get(address) ?? { tokens: burst, atMs: nowMs };
      const tokens = filled(bucket, nowMs);
      const granted = tokens >= 1;
      buckets.set(address, { tokens: granted ? tokens - 1 : tokens, atMs: nowMs });
      return granted ? 0 : (1 - tokens) / perMs / 1000;
    },
    sweep: (nowMs) => {
      for (const [address, bucket] of buckets) if (filled(bucket, nowMs) >= burst) buckets.delete(address);
    },
    get size() {
      return buckets.size;
    },
  };
}

/** Counts open connections per client address. */
export interface ConnectionLimiter {
  /** False for one too many; it counts until `leave`. */
  enter(address: string): boolean;
  leave(address: string): void;
}

export function createConnectionLimiter(scale: number): ConnectionLimiter {
  const most = Math.max(1, limits.connections * scale);
  const open = new Map<string, number>();
  return {
    enter: (address) => {
      const count = (open.get(address) ?? 0) + 1;
      open.set(address, count);
      return count <= most;
    },
    leave: (address) => {
      const count = (open.get(address) ?? 1) - 1;
      if (count === 0) open.delete(address);
      else open.set(address, count);
    },
  };
}

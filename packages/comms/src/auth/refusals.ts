import type { ServiceError } from '../errors/index.js';
import type { Logger } from '../telemetry/index.js';

export interface RefusalLog {
  /** Says who was refused what and why; the same refusal once a minute. */
  refused(refusal: { method: string; caller: string | undefined; error: ServiceError }): void;
}

const sameAgainAfterMs = 60_000;
const mostRemembered = 1000;

/** Never logs what the caller sent to prove itself: an attacker's flood costs one line, and no line holds a token. */
export function createRefusalLog(logger: Logger): RefusalLog {
  const lastAt = new Map<string, number>();
  return {
    refused: ({ method, caller, error }) => {
      const reason = error.cause instanceof Error ? error.cause.message : error.message;
      const key = `${method} ${caller ?? ''} ${error.code} ${reason}`;
      const now = Date.now();
      if (now - (lastAt.get(key) ?? -Infinity) < sameAgainAfterMs) return;
      if (lastAt.size >= mostRemembered) lastAt.clear();
      lastAt.set(key, now);
      logger.warn({ method, caller, code: error.code, reason }, 'call refused');
    },
  };
}

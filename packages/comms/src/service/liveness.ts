import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { HealthCheck } from '../http/index.js';

const stuckAfterMs = 5000;

/** Not live once the event loop has stood still for five seconds since the last look. */
export function eventLoopCheck(): HealthCheck & { close(): void } {
  const delay = monitorEventLoopDelay({ resolution: 100 });
  delay.enable();
  return {
    name: 'event loop',
    check: () => {
      const worstMs = delay.max / 1e6;
      delay.reset();
      return worstMs > stuckAfterMs ? `stood still for ${String(Math.round(worstMs))} ms` : undefined;
    },
    close: () => {
      delay.disable();
    },
  };
}

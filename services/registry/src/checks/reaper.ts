import type { CheckDefinition, CheckState } from '../domain/shapes.js';

/** A service that was critical for longer than it allows itself to be. */
export interface Overdue {
  readonly serviceId: string;
  readonly checkId: string;
}

/**
 * Remembers since when checks are critical, for those with a `DeregisterCriticalServiceAfter`. Times are
 * milliseconds of one monotonic clock.
 */
export class CriticalSince {
  readonly #episodes = new Map<string, { readonly sinceMs: number; readonly check: CheckDefinition }>();

  /** Takes note of a check's state at a moment. */
  note(check: CheckDefinition & CheckState, nowMs: number): void {
    if (check.status !== 'critical' || check.deregisterAfterMs === null || check.serviceId === '') {
      this.#episodes.delete(check.id);
      return;
    }
    const sinceMs = this.#episodes.get(check.id)?.sinceMs ?? nowMs;
    this.#episodes.set(check.id, { sinceMs, check });
  }

  forget(checkId: string): void {
    this.#episodes.delete(checkId);
  }

  overdue(nowMs: number): readonly Overdue[] {
    return [...this.#episodes.values()]
      .filter(({ sinceMs, check }) => nowMs - sinceMs > (check.deregisterAfterMs ?? Infinity))
      .map(({ check }) => ({ serviceId: check.serviceId, checkId: check.id }));
  }
}

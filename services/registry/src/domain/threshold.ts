import type { CheckDefinition, Status } from './shapes.js';

/** Runs of equal outcomes so far. */
export interface Streak {
  readonly successes: number;
  readonly failures: number;
}

export const NO_STREAK: Streak = { successes: 0, failures: 0 };

type Thresholds = Pick<
  CheckDefinition,
  'successBeforePassing' | 'failuresBeforeWarning' | 'failuresBeforeCritical'
>;

/**
 * Counts one probe's outcome against a check's thresholds.
 * @returns the new streak, and the status to report; null while the check keeps the one it has
 */
export function countOutcome(
  outcome: Status,
  streak: Streak,
  limits: Thresholds,
): { readonly streak: Streak; readonly status: Status | null } {
  if (outcome !== 'critical') {
    const successes = streak.successes + 1;
    return {
      streak: { successes, failures: 0 },
      status: successes >= limits.successBeforePassing ? outcome : null,
    };
  }
  const failures = streak.failures + 1;
  const next = { successes: 0, failures };
  if (failures >= limits.failuresBeforeCritical) return { streak: next, status: 'critical' };
  return { streak: next, status: failures >= limits.failuresBeforeWarning ? 'warning' : null };
}

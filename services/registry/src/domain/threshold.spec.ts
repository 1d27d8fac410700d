import { describe, expect, it } from '@jest/globals';
import type { Status } from './shapes.js';
import { countOutcome, NO_STREAK } from './threshold.js';

function statuses(outcomes: readonly Status[], limits: Parameters<typeof countOutcome>[2]) {
  let streak = NO_STREAK;
  return outcomes.map((outcome) => {
    const counted = countOutcome(outcome, streak, limits);
    streak = counted.streak;
    return counted.status;
  });
}

describe('countOutcome', () => {
  it('reports at once without thresholds', () => {
    const limits = { successBeforePassing: 0, failuresBeforeWarning: 0, failuresBeforeCritical: 0 };
    expect(statuses(['critical', 'passing'], limits)).toEqual(['critical', 'passing']);
  });

  it('goes through warning to critical, and back after enough successes', () => {
    const limits = { successBeforePassing: 2, failuresBeforeWarning: 2, failuresBeforeCritical: 3 };
    const outcomes: Status[] = [
      'critical',
      'critical',
      'critical',
      'passing',
      'critical',
      'passing',
      'passing',
    ];
    expect(statuses(outcomes, limits)).toEqual([null, 'warning', 'critical', null, null, null, 'passing']);
  });
});

import { describe, expect, it } from '@jest/globals';
import { slopeOf, trendOf, warmUpOf, type Point } from './trend.js';

const every10S = (values: readonly number[]): Point[] =>
  values.map((value, index) => ({ atS: 10 * index, value }));

describe('slopeOf', () => {
  it('is the steepness of the line that fits best', () => {
    expect(slopeOf(every10S([5, 6, 7, 8]))).toBeCloseTo(0.1);
    expect(slopeOf(every10S([1, 3, 1, 3, 1]))).toBeCloseTo(0);
  });

  it('is 0 where there is no line', () => {
    expect(slopeOf([])).toBe(0);
    expect(slopeOf([{ atS: 3, value: 9 }])).toBe(0);
  });
});

describe('trendOf', () => {
  it('tells the medians of the thirds and the slope per hour', () => {
    expect(trendOf(every10S([1, 2, 3, 10, 20, 30, 5, 6, 7]))).toMatchObject({
      first: 1,
      firstThird: 2,
      middleThird: 20,
      lastThird: 6,
    });
    expect(trendOf(every10S([1, 2, 3]))?.slopePerHour).toBeCloseTo(360);
  });

  it('knows nothing of fewer than three points', () => {
    expect(trendOf(every10S([1, 2]))).toBeUndefined();
  });
});

describe('warmUpOf', () => {
  it('is a tenth of the time, and two minutes at most', () => {
    expect([60, 1200, 7200].map(warmUpOf)).toEqual([6, 120, 120]);
  });
});

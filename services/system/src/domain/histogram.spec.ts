import { describe, expect, it } from '@jest/globals';
import { quantile, sumOf } from './histogram.js';

const histogram = (counts: number[]) => ({
  boundaries: [10, 20, 40],
  counts,
  sum: 0,
  count: counts.reduce((total, count) => total + count, 0),
});

describe('quantile', () => {
  it('interpolates inside the bucket', () => {
    expect(quantile(histogram([10, 0, 0, 0]), 0.5)).toBe(5);
    expect(quantile(histogram([5, 5, 0, 0]), 0.5)).toBe(10);
    expect(quantile(histogram([0, 0, 4, 0]), 0.75)).toBe(35);
  });

  it('says the highest boundary for what lies above', () => {
    expect(quantile(histogram([1, 0, 0, 9]), 0.99)).toBe(40);
  });

  it('is 0 without measurements', () => {
    expect(quantile(histogram([0, 0, 0, 0]), 0.99)).toBe(0);
    expect(quantile(sumOf([]), 0.5)).toBe(0);
  });

  it('is taken over the sum of instances, not the mean of their percentiles', () => {
    const fast = histogram([98, 0, 0, 0]);
    const slow = histogram([0, 0, 2, 0]);
    expect(quantile(sumOf([fast, slow]), 0.5)).toBeLessThan(10);
    expect(quantile(sumOf([fast, slow]), 0.99)).toBeGreaterThan(20);
  });
});

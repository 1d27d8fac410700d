import { describe, expect, it } from '@jest/globals';
import { median, percentile } from './statistics.js';

describe('percentile', () => {
  it('takes the nearest rank, whatever the order', () => {
    expect(percentile([5, 1, 4, 2, 3], 0.5)).toBe(3);
    expect(percentile([5, 1, 4, 2, 3], 0.99)).toBe(5);
    expect(median([2, 1])).toBe(1);
  });

  it('is 0 of nothing', () => {
    expect(percentile([], 0.5)).toBe(0);
  });
});

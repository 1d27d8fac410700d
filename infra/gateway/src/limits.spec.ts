import { describe, expect, it } from '@jest/globals';
import { createConnectionLimiter, createRateLimiter } from './limits.js';

describe('createRateLimiter', () => {
  it('lets a burst of 600 through, then 300 a second', () => {
    const limiter = createRateLimiter(1);
    const granted = (count: number, nowMs: number): number =>
      Array.from({ length: count }, () => limiter.take('a', nowMs)).filter((wait) => wait === 0).length;
    expect(granted(1000, 0)).toBe(600);
    expect(granted(1000, 1000)).toBe(300);
    expect(limiter.take('a', 1000)).toBeCloseTo(1 / 300);
    expect(limiter.take('b', 1000)).toBe(0);
  });

  it('forgets an address whose bucket is full again', () => {
    const limiter = createRateLimiter(1);
    limiter.take('a', 0);
    limiter.sweep(1);
    expect(limiter.size).toBe(1);
    limiter.sweep(10);
    expect(limiter.size).toBe(0);
  });
});

describe('createConnectionLimiter', () => {
  it('refuses what is above the limit until one leaves', () => {
    const limiter = createConnectionLimiter(2 / 300);
    expect([limiter.enter('a'), limiter.enter('a'), limiter.enter('a'), limiter.enter('b')]).toEqual([
      true,
      true,
      false,
      true,
    ]);
    limiter.leave('a');
    limiter.leave('a');
    expect(limiter.enter('a')).toBe(true);
  });
});

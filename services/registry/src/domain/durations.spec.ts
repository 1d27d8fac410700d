import { describe, expect, it } from '@jest/globals';
import { formatDuration, parseDuration } from './durations.js';

describe('parseDuration', () => {
  it.each([
    ['10s', 10_000],
    ['1m30s', 90_000],
    ['1.5s', 1_500],
    ['250ms', 250],
    ['2h', 7_200_000],
    ['0', 0],
    ['-1s', -1_000],
    [10_000_000_000, 10_000],
  ])('reads %p as %p ms', (given, ms) => {
    expect(parseDuration(given)).toBe(ms);
  });

  it.each(['', '10', 's', '10 s', '10s!', 'x10s', '1m30', '.s', null, true, NaN])('refuses %p', (given) => {
    expect(parseDuration(given)).toBeUndefined();
  });
});

describe('formatDuration', () => {
  it.each([
    [10_000, '10s'],
    [60_000, '1m0s'],
    [3_661_000, '1h1m1s'],
    [250, '250ms'],
    [0, '0s'],
  ])('writes %p ms as %p', (ms, text) => {
    expect(formatDuration(ms)).toBe(text);
    expect(parseDuration(text)).toBe(ms);
  });
});

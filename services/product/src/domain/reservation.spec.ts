import { describe, expect, it } from '@jest/globals';
import { ending, shortages, type Ending, type ReservationStatus } from './reservation.js';

describe('ending a reservation', () => {
  it.each<[ReservationStatus, Ending, string]>([
    ['held', 'committed', 'end'],
    ['held', 'released', 'end'],
    ['committed', 'committed', 'ended'],
    ['released', 'released', 'ended'],
    ['committed', 'released', 'contradiction'],
    ['released', 'committed', 'contradiction'],
  ])('%s, to be %s: %s', (status, wanted, expected) => {
    expect(ending({ id: 'r', status, version: 1, lines: [] }, wanted)).toBe(expected);
  });
});

describe('shortages', () => {
  it('tells what is unknown from what is short, and leaves the rest out', () => {
    const found = new Map([
      ['a', 5],
      ['b', 1],
    ]);
    const wanted = [
      { productId: 'A', quantity: 5 },
      { productId: 'b', quantity: 2 },
      { productId: 'c', quantity: 1 },
    ];
    expect(shortages(wanted, found)).toEqual([
      { line: 1, kind: 'short', available: 1 },
      { line: 2, kind: 'unknown' },
    ]);
  });
});

import { describe, expect, it } from '@jest/globals';
import type { AskFigures } from './asks.js';
import { descriptorsVerdict, memoryVerdict, noFailureVerdict } from './verdict.js';

/** Three points a third of the time. */
const thirds = (...values: readonly number[]) =>
  values.flatMap((value) => [value, value, value]).map((value, index) => ({ atS: 10 * index, value }));

const figures = (asked: number, failures: readonly string[]): AskFigures => ({
  asked,
  failed: failures.length,
  p50Ms: 1,
  p99Ms: 2,
  askedByKind: {},
  failures,
});

describe('memoryVerdict', () => {
  it('allows a tenth more than in the middle third', () => {
    expect(memoryVerdict({ 'order-1': thirds(50, 100, 110) }).isKept).toBe(true);
  });

  it('names what grew by more', () => {
    const verdict = memoryVerdict({ 'order-1': thirds(50, 100, 111), 'payment-1': thirds(50, 50, 50) });
    expect(verdict.isKept).toBe(false);
    expect(verdict.says).toContain('order-1: 100 → 111');
    expect(verdict.says).not.toContain('payment-1');
  });

  it('says that it does not know where the machine does not tell', () => {
    expect(memoryVerdict({})).toMatchObject({ isKept: true, says: 'unknown on this machine' });
  });
});

describe('descriptorsVerdict', () => {
  it('allows a few more, as pools open some', () => {
    expect(descriptorsVerdict({ registry: thirds(20, 20, 25) }).isKept).toBe(true);
    expect(descriptorsVerdict({ registry: thirds(20, 20, 26) }).isKept).toBe(false);
  });
});

describe('noFailureVerdict', () => {
  it('adds up the phases', () => {
    expect(noFailureVerdict(figures(10, []), figures(5, []))).toMatchObject({
      isKept: true,
      says: '0 of 15',
    });
    expect(noFailureVerdict(figures(10, []), figures(5, ['place: 503']))).toMatchObject({
      isKept: false,
      says: '1 of 15\nplace: 503',
    });
  });
});

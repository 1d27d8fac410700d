import { describe, expect, it } from '@jest/globals';
import { publishBeforeMs, retireAfterMs, rotateAfterMs, schedule } from './key-schedule.js';

const key = (kid: string, signsFromMs: number) => ({
  kid,
  signsFromMs,
  createdAtMs: signsFromMs - publishBeforeMs,
});

describe('the schedule of signing keys', () => {
  it('asks for the first key', () => {
    expect(schedule([], 0)).toEqual({ signs: undefined, isNewDue: true, retired: [] });
  });

  it('publishes a successor before it signs', () => {
    const now = rotateAfterMs - publishBeforeMs;
    expect(schedule([key('a', 0)], now - 1).isNewDue).toBe(false);
    expect(schedule([key('a', 0)], now)).toEqual({ signs: 'a', isNewDue: true, retired: [] });
    expect(schedule([key('a', 0), key('b', rotateAfterMs)], now + 1)).toEqual({
      signs: 'a',
      isNewDue: false,
      retired: [],
    });
  });

  it('retires a key only once no token of it can live', () => {
    const keys = [key('a', 0), key('b', rotateAfterMs)];
    expect(schedule(keys, rotateAfterMs)).toEqual({ signs: 'b', isNewDue: false, retired: [] });
    expect(schedule(keys, rotateAfterMs + retireAfterMs).retired).toEqual(['a']);
  });
});

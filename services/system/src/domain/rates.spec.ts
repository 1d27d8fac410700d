import { describe, expect, it } from '@jest/globals';
import { createRateWindow } from './rates.js';

describe('a rate window', () => {
  it('tells nothing of one sample', () => {
    const window = createRateWindow(1000);
    window.add({ atMs: 0, count: 10 });
    expect(window.perSecond()).toBe(0);
  });

  it('forgets what is older than the window', () => {
    const window = createRateWindow(1000);
    window.add({ atMs: 0, count: 0 });
    window.add({ atMs: 1500, count: 1000 });
    window.add({ atMs: 2000, count: 1010 });
    expect(window.perSecond()).toBe(20);
  });

  it('starts anew when the count fell', () => {
    const window = createRateWindow(10_000);
    window.add({ atMs: 0, count: 100 });
    window.add({ atMs: 1000, count: 0 });
    window.add({ atMs: 2000, count: 5 });
    expect(window.perSecond()).toBe(5);
  });
});

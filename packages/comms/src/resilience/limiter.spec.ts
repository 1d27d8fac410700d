import { describe, expect, it } from '@jest/globals';
import { createLimiter, type Limiter, type Priority } from './index.js';

/** A server that works on `capacity` requests at a time, for 10 ms each, under a clock of its own. */
function simulate(capacity: number, options: { initial?: number } = {}) {
  let nowMs = 0;
  const limiter = createLimiter({ ...options, now: () => nowMs });
  let freeAt = new Array<number>(capacity).fill(0);
  const running: { startedAt: number; endsAt: number }[] = [];
  return {
    limiter,
    /** Each millisecond so many requests come. @returns the latency of those that ended in the last second */
    run: (ms: number, perMs: number, workMs = 10): number => {
      const endAt = nowMs + ms;
      const lastSecond: number[] = [];
      for (; nowMs < endAt; nowMs += 1) {
        while (running[0] && running[0].endsAt <= nowMs) {
          const { startedAt } = running.shift() ?? { startedAt: 0 };
          limiter.release('work', nowMs - startedAt);
          if (nowMs > endAt - 1000) lastSecond.push(nowMs - startedAt);
        }
        for (let n = 0; n < perMs; n += 1) {
          if (!limiter.tryAcquire('payment')) continue;
          freeAt = freeAt.sort((a, b) => a - b);
          const endsAt = Math.max(nowMs, freeAt[0] ?? 0) + workMs;
          freeAt[0] = endsAt;
          running.push({ startedAt: nowMs, endsAt });
          running.sort((a, b) => a.endsAt - b.endsAt);
        }
      }
      return lastSecond.reduce((sum, each) => sum + each, 0) / lastSecond.length;
    },
  };
}

const fill = (limiter: Limiter, priority: Priority): number => {
  let taken = 0;
  while (taken < 5000 && limiter.tryAcquire(priority)) taken += 1;
  return taken;
};

describe('the limiter', () => {
  it('comes down to what is worked on at once when more comes than can be done', () => {
    const server = simulate(20);
    server.run(200, 1);
    expect(server.limiter.limit).toBe(512);
    const latency = server.run(20_000, 20);
    expect(server.limiter.limit).toBeLessThan(60);
    expect(latency).toBeLessThan(30);
  });

  it('grows again when there is room', () => {
    const server = simulate(200, { initial: 32 });
    server.run(20_000, 15);
    expect(server.limiter.limit).toBeGreaterThan(100);
  });

  it('learns that the work itself takes longer now, instead of refusing for good', () => {
    const server = simulate(100);
    server.run(1000, 5);
    server.run(60_000, 12, 40);
    expect(server.limiter.limit).toBeGreaterThan(60);
  });

  it('comes down when what ends is too late for its caller, however far it is from its limit', () => {
    let nowMs = 0;
    const limiter = createLimiter({ now: () => nowMs });
    const window = (wasInTime: boolean) => {
      for (let n = 0; n < 100; n += 1) limiter.tryAcquire('payment');
      nowMs += 1000;
      while (limiter.inFlight > 0) limiter.release('work', 1000, wasInTime);
    };
    for (let n = 0; n < 3; n += 1) window(true);
    expect(limiter.limit).toBe(512);
    for (let n = 0; n < 3; n += 1) window(false);
    expect(limiter.limit).toBeLessThan(100);
    for (let n = 0; n < 20; n += 1) window(false);
    expect(limiter.limit).toBe(16);
  });

  it('goes back to where it began, and no further, when it is quiet', () => {
    let nowMs = 0;
    const limiter = createLimiter({ initial: 200, now: () => nowMs });
    const window = (count: number, tookMs: number) => {
      for (let n = 0; n < count; n += 1) limiter.tryAcquire('payment');
      nowMs += 1000;
      while (limiter.inFlight > 0) limiter.release('work', tookMs, tookMs < 1000);
    };
    for (let n = 0; n < 10; n += 1) window(100, 1000);
    expect(limiter.limit).toBe(16);
    for (let n = 0; n < 10; n += 1) for (let one = 0; one < 10; one += 1) window(1, 10);
    expect(limiter.limit).toBe(200);
  });

  it('stays as it is when callers have no patience at all', () => {
    let nowMs = 0;
    const limiter = createLimiter({ now: () => nowMs });
    for (let round = 0; round < 20; round += 1) {
      for (let n = 0; n < 100; n += 1) limiter.tryAcquire('payment');
      nowMs += 1000;
      while (limiter.inFlight > 0) limiter.release('work', 20, false);
    }
    expect(limiter.limit).toBe(512);
  });

  it('keeps places for what matters more, and always one for health', () => {
    const limiter = createLimiter({ initial: 100 });
    expect(fill(limiter, 'browse')).toBe(80);
    expect(fill(limiter, 'order')).toBe(10);
    expect(fill(limiter, 'payment')).toBe(10);
    expect(limiter.tryAcquire('order')).toBe(false);
    expect(limiter.tryAcquire('health')).toBe(true);
    expect(limiter.inFlight).toBe(101);
  });

  it('learns nothing from what says nothing of the load', () => {
    let nowMs = 0;
    const limiter = createLimiter({ initial: 20, now: () => nowMs });
    for (let n = 0; n < 1000; n += 1) {
      nowMs += 10;
      fill(limiter, 'payment');
      while (limiter.inFlight > 0) limiter.release('work', undefined);
    }
    expect(limiter.limit).toBe(20);
  });
});

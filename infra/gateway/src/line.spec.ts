import { setTimeout as delay } from 'node:timers/promises';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { createLine, type Line, type Seat } from './line.js';

const answerMs = 20;
const longMs = 60_000;

let line: Line;

const join = (patienceMs = longMs, onGone: (listener: () => void) => void = () => undefined) =>
  line.join({ patienceMs, onGone });
const leave = (seat: Seat): void => {
  seat.leave('GET', answerMs, true);
};

describe('the line for a service', () => {
  beforeEach(async () => {
    line = createLine('order', 1);
    // Few enough for its one place to stay the only one.
    for (let n = 0; n < 8; n += 1) {
      const seat = await join();
      await delay(answerMs);
      leave(seat);
    }
  });

  it('turns nobody away while there is a place', () => {
    expect(() => {
      line.foresee(0);
    }).not.toThrow();
  });

  it('turns away at once whoever would be answered too late, and says when to come again', async () => {
    const seat = await join();
    const patienceMs = answerMs;
    expect(() => {
      line.foresee(patienceMs);
    }).toThrow(expect.objectContaining({ code: 'unavailable', retryAfterSeconds: 1 }));
    await expect(join(patienceMs)).rejects.toThrow('order has as much to do as it can.');
    expect(() => {
      line.foresee(longMs);
    }).not.toThrow();
    leave(seat);
  });

  it('expects the longer the more wait already', async () => {
    const seat = await join();
    const patienceMs = 30 * answerMs;
    const others = [];
    let count = 0;
    try {
      for (; count < 1000; count += 1) {
        line.foresee(patienceMs);
        others.push(join());
      }
    } catch {
      // There are enough now.
    }
    expect(count).toBeLessThan(60);
    leave(seat);
    for (const other of others) leave(await other);
    expect(() => {
      line.foresee(patienceMs);
    }).not.toThrow();
  });

  it('gives places in the order in which they were asked for', async () => {
    const seat = await join();
    const order: number[] = [];
    const others = [1, 2, 3].map(async (n) => {
      const mine = await join();
      order.push(n);
      leave(mine);
    });
    leave(seat);
    await Promise.all(others);
    expect(order).toEqual([1, 2, 3]);
  });

  it('gives no place to who has gone, nor to whose time is over', async () => {
    const seat = await join();
    let go = (): void => undefined;
    const gone = join(longMs, (listener) => (go = listener));
    const impatient = join(20 * answerMs);
    const stays = join();
    go();
    await expect(gone).rejects.toThrow('as much to do');
    await expect(impatient).rejects.toThrow('as much to do');
    leave(seat);
    leave(await stays);
    leave(await join(0));
  });

  it('turns away at its turn whoever has too little time left for an answer', async () => {
    const seat = await join();
    const patienceMs = 20 * answerMs;
    const late = join(patienceMs).then(
      () => 'has a place',
      () => 'was turned away',
    );
    const blocker = performance.now() + patienceMs - answerMs / 2;
    while (performance.now() < blocker);
    leave(seat);
    expect(await late).toBe('was turned away');
  });
});

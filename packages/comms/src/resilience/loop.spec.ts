import { describe, expect, it } from '@jest/globals';
import { gate, until } from '../testing/until.js';
import { createLoop } from './index.js';

describe('a loop', () => {
  it('makes another round follow when poked while one is under way', async () => {
    let rounds = 0;
    const [begun, held] = [gate(), gate()];
    const loop = createLoop(
      async () => {
        rounds += 1;
        begun.open();
        if (rounds === 1) await held.opened;
        return 60_000;
      },
      { onError: () => undefined },
    );
    loop.start();
    await begun.opened;
    loop.poke();
    held.open();
    await until('the second round has come', () => rounds === 2);
    loop.poke();
    await until('the third round has come', () => rounds === 3);
    await loop.stop();
    loop.poke();
    expect(rounds).toBe(3);
  });

  it('lets what is poked in a burst wait for one round that does it all', async () => {
    const startedAt: number[] = [];
    const loop = createLoop(
      () => {
        startedAt.push(performance.now());
        return Promise.resolve(60_000);
      },
      { onError: () => undefined, apartMs: 50 },
    );
    loop.start();
    await until('the first round has come', () => startedAt.length === 1);
    for (let poke = 0; poke < 10; poke += 1) {
      loop.poke();
      await Promise.resolve();
    }
    await until('the second round has come', () => startedAt.length === 2);
    await loop.stop();
    const [first = 0, second = 0] = startedAt;
    expect(second - first).toBeGreaterThanOrEqual(49);
  });

  it('goes on after a failure, also one that is thrown at once, and tells of it', async () => {
    const errors: unknown[] = [];
    let rounds = 0;
    const loop = createLoop(
      () => {
        rounds += 1;
        if (rounds === 1) throw new Error('at once');
        return rounds === 2 ? Promise.reject(new Error('later')) : Promise.resolve(60_000);
      },
      { onError: (error) => void errors.push(error), errorPauseMs: 1 },
    );
    loop.start();
    await until('it went on', () => rounds === 3);
    await loop.stop();
    expect(errors.map(String)).toEqual(['Error: at once', 'Error: later']);
  });
});

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

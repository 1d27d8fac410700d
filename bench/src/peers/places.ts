import { setTimeout as delay } from 'node:timers/promises';

/** Work that takes one of a few places for a time, in the order in which it came. */
export function createPlaces({ places, workMs }: { places: number; workMs: number }): () => Promise<void> {
  const waiting: (() => void)[] = [];
  let free = places;
  return async () => {
    if (free > 0) free -= 1;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    await delay(workMs);
    const next = waiting.shift();
    if (next) next();
    else free += 1;
  };
}

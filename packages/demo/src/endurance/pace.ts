import { setTimeout as delay } from 'node:timers/promises';

const tickMs = 2;

/** Resolves after so many seconds, or as soon as it is interrupted. */
export async function pause(seconds: number, interrupted: AbortSignal): Promise<void> {
  await delay(seconds * 1000, undefined, { signal: interrupted }).catch(() => undefined);
}

/** Aborts after so many seconds, or as soon as it is interrupted. */
export function forSeconds(seconds: number, interrupted: AbortSignal): AbortSignal {
  const over = new AbortController();
  void pause(seconds, interrupted).then(() => {
    over.abort();
  });
  return over.signal;
}

/**
 * An open pace: so many are begun a second whatever becomes of those before, until `over`; resolves when all that were
 * begun have ended. @returns how many were begun a second
 */
export async function openPace(
  pace: { perSecond: number; over: AbortSignal },
  begin: (index: number) => Promise<void>,
): Promise<number> {
  const underWay = new Set<Promise<void>>();
  const startedAt = performance.now();
  let begun = 0;
  while (!pace.over.aborted) {
    const due = ((performance.now() - startedAt) / 1000) * pace.perSecond;
    for (; begun < due; begun += 1) {
      const one = begin(begun).finally(() => underWay.delete(one));
      underWay.add(one);
    }
    await delay(tickMs);
  }
  const perSecond = (begun * 1000) / (performance.now() - startedAt);
  await Promise.all(underWay);
  return perSecond;
}

/**
 * A closed loop: so many at once, each begun as soon as the one before has ended, until `over`.
 * @returns how many ended a second
 */
export async function closedLoop(
  loop: { atOnce: number; over: AbortSignal },
  begin: (index: number) => Promise<void>,
): Promise<number> {
  const startedAt = performance.now();
  let index = 0;
  const worker = async (): Promise<void> => {
    while (!loop.over.aborted) await begin(index++);
  };
  await Promise.all(Array.from({ length: loop.atOnce }, worker));
  return (index * 1000) / (performance.now() - startedAt);
}

import { setTimeout as delay } from 'node:timers/promises';

/** Asks again and again until the answer is as wanted. @throws Error with the last answer at the deadline */
export async function eventually<T>(
  ask: () => Promise<T> | T,
  isWanted: (answer: T) => boolean,
  withinMs = 90_000,
): Promise<T> {
  const deadline = performance.now() + withinMs;
  for (;;) {
    const answer = await ask();
    if (isWanted(answer)) return answer;
    if (performance.now() > deadline) throw new Error(`never came: ${JSON.stringify(answer)}`);
    await delay(10);
  }
}

import { setTimeout as delay } from 'node:timers/promises';

/** Limits are for a machine with nothing else to do; a busy one gets so many times as long. */
const patience = 4;

/**
 * Asks again and again until the answer is no longer undefined or false.
 * @throws when it is not within the limit: what was waited for, and the last answer or error
 */
export async function until<T>(
  condition: () => Promise<T | undefined | false> | T | undefined | false,
  limits: { withinMs: number; what: string; everyMs?: number },
): Promise<T> {
  const deadline = Date.now() + patience * limits.withinMs;
  for (;;) {
    let last: unknown;
    try {
      const found = await condition();
      if (found !== undefined && found !== false) return found;
      last = found;
    } catch (error) {
      last = error;
    }
    if (Date.now() > deadline)
      throw new Error(`Within ${String(patience * limits.withinMs)} ms it did not come to: ${limits.what}.`, {
        cause: last,
      });
    await delay(limits.everyMs ?? 50);
  }
}

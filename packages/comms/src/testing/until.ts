import { setTimeout as delay } from 'node:timers/promises';

/** Waits until `condition` holds; fails with `what` when it does not within the limit (90 s). */
export async function until(
  what: string,
  condition: () => boolean | Promise<boolean>,
  limitMs = 90_000,
): Promise<void> {
  const deadline = Date.now() + limitMs;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`In vain waited until ${what}.`);
    await delay(5);
  }
}

/** A promise and the function that settles it: for work that a test holds up. */
export function gate(): { readonly opened: Promise<void>; open(): void } {
  let open: () => void = () => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}

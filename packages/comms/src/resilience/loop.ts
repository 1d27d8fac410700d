import { setTimeout as delay } from 'node:timers/promises';

/** Runs `work` again and again until stopped: at once after a poke, otherwise after the pause it asks for. */
export interface Loop {
  start(): void;
  /** There is work: do not wait for the pause to end. */
  poke(): void;
  /** Resolves when the round in progress is over. */
  stop(): Promise<void>;
}

/**
 * @param work one round; answers the pause before the next, in milliseconds
 * @param onError told of a failed round, after which `errorPauseMs` (default 1000) passes
 */
export function createLoop(
  work: (signal: AbortSignal) => Promise<number>,
  options: { onError: (error: unknown) => void; errorPauseMs?: number },
): Loop {
  const stopping = new AbortController();
  let running: Promise<void> | undefined;
  let wake: AbortController | undefined;
  let poked = false;

  const pause = async (milliseconds: number) => {
    if (poked || milliseconds <= 0) return;
    wake = new AbortController();
    const signal = AbortSignal.any([wake.signal, stopping.signal]);
    await delay(milliseconds, undefined, { signal }).catch(() => undefined);
    wake = undefined;
  };
  const run = async () => {
    while (!stopping.signal.aborted) {
      poked = false;
      const pauseMs = await work(stopping.signal).catch((error: unknown) => {
        options.onError(error);
        return options.errorPauseMs ?? 1000;
      });
      await pause(pauseMs);
    }
  };
  return {
    start: () => {
      running ??= run();
    },
    poke: () => {
      poked = true;
      wake?.abort();
    },
    stop: async () => {
      stopping.abort();
      await running;
    },
  };
}

import { setTimeout as delay } from 'node:timers/promises';

/** Runs `work` again and again until stopped: at once after a poke, otherwise after the pause it asks for. */
export interface Loop {
  start(): void;
  /** There is work: do not wait for the pause to end. A poke while work is under way makes another round follow. */
  poke(): void;
  /** Resolves when the round in progress is over. */
  stop(): Promise<void>;
}

/**
 * @param work one round; answers the pause before the next, in milliseconds; `signal`: the loop is being stopped
 * @param options.onError told of a failed round, after which `errorPauseMs` (default 1000) passes
 * @param options.apartMs rounds begin at least so far apart: the first of a burst of pokes at once, the rest together
 */
export function createLoop(
  work: (signal: AbortSignal) => Promise<number>,
  options: { onError: (error: unknown) => void; errorPauseMs?: number; apartMs?: number },
): Loop {
  const stopping = new AbortController();
  let running: Promise<void> | undefined;
  let endPause: (() => void) | undefined;
  let poked = false;

  const pause = (milliseconds: number) =>
    new Promise<void>((resolve) => {
      const end = () => {
        clearTimeout(timer);
        endPause = undefined;
        resolve();
      };
      const timer = setTimeout(end, milliseconds);
      endPause = end;
    });
  const run = async () => {
    while (!stopping.signal.aborted) {
      poked = false;
      const startedAt = performance.now();
      const pauseMs = await attempt();
      const restMs = (options.apartMs ?? 0) - (performance.now() - startedAt);
      if (restMs > 0) await delay(restMs, undefined, { signal: stopping.signal }).catch(() => undefined);
      if (!wasPoked() && !isStopping() && pauseMs > 0) await pause(pauseMs);
    }
  };
  const attempt = async (): Promise<number> => {
    try {
      return await work(stopping.signal);
    } catch (error) {
      if (!isStopping()) options.onError(error);
      return options.errorPauseMs ?? 1000;
    }
  };
  const isStopping = () => stopping.signal.aborted;
  const wasPoked = () => poked;
  return {
    start: () => {
      running ??= run();
    },
    poke: () => {
      poked = true;
      endPause?.();
    },
    stop: async () => {
      stopping.abort();
      endPause?.();
      await running;
    },
  };
}

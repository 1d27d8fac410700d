import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import type { Handle } from './child.js';
import { untilAnswers } from './readiness.js';

export type ProcessKind = 'postgres' | 'kafka' | 'registry' | 'payment-provider' | 'service' | 'gateway';

export interface Member {
  /** Its name within the system, such as product-1. */
  readonly instance: string;
  readonly kind: ProcessKind;
  readonly logFile: string;
  /** Answers 200 when it is ready; a service is ready when the registry sees it passing instead. */
  readonly healthUrl?: string;
  /** @param more added to its environment, for this launch alone */
  launch(more?: Readonly<Record<string, string>>): Promise<Handle>;
}

export interface Supervised {
  readonly instance: string;
  readonly kind: ProcessKind;
  /** Undefined while it is down. */
  readonly pid: number | undefined;
  /** Rejects when the process ends before `ready` settles. */
  whileRunning<T>(ready: Promise<T>): Promise<T>;
  /** @param more added to its environment until it ends; a crash brings it back without */
  start(more?: Readonly<Record<string, string>>): Promise<void>;
  /** Resolves when its health URL answers, at once when it has none; rejects when it ends before. */
  ready(): Promise<void>;
  stop(): Promise<void>;
  signal(signal: NodeJS.Signals): void;
}

export interface Crash {
  /** What ended and how, with the last lines of its log. */
  readonly text: string;
  /** It has been ready, now or before an earlier crash. */
  readonly wasReady: boolean;
}

export interface SupervisorOptions {
  /** Whether to start again what ends by itself, asked when it does. */
  restart(crash: Crash): boolean;
  onCrash(crash: Crash): void;
}

const firstPauseMs = 250;
const longestPauseMs = 10_000;
/** Having run for so long, a process counts as recovered. */
const recoveredAfterMs = 30_000;

/** Keeps one process running, with growing pauses between its starts, until it is told to stop. */
export function supervise(member: Member, options: SupervisorOptions): Supervised {
  let handle: Handle | undefined;
  let launching: Promise<void> | undefined;
  let wanted = false;
  let wasReady = false;
  let pauseMs = firstPauseMs;
  const ending = new AbortController();

  const begin = async (more?: Readonly<Record<string, string>>): Promise<void> => {
    const started = await member.launch(more);
    const startedAt = performance.now();
    handle = started;
    void started.exited.then(async (code) => {
      if (handle === started) handle = undefined;
      if (!wanted) return;
      const crash = { text: endOf(member, code), wasReady };
      options.onCrash(crash);
      if (options.restart(crash)) await relaunch(performance.now() - startedAt);
    });
    // It was told to stop while it started.
    if (!wanted) await started.stop();
  };

  /** Never a second one beside the first: both would listen on the same ports. */
  const launch = (more?: Readonly<Record<string, string>>): Promise<void> => {
    launching ??= begin(more).finally(() => {
      launching = undefined;
    });
    return launching;
  };

  const relaunch = async (ranMs: number): Promise<void> => {
    pauseMs = ranMs > recoveredAfterMs ? firstPauseMs : pauseMs;
    const pause = delay(pauseMs, undefined, { signal: ending.signal }).catch(() => undefined);
    pauseMs = Math.min(2 * pauseMs, longestPauseMs);
    await pause;
    if (!wanted || handle !== undefined) return;
    await launch().catch((error: unknown) => {
      options.onCrash({ text: error instanceof Error ? error.message : String(error), wasReady });
      return relaunch(0);
    });
  };

  const whileRunning = async <T>(ready: Promise<T>): Promise<T> => {
    const ended = handle?.exited ?? Promise.resolve(null);
    const done = await Promise.race([
      ready,
      ended.then((code) => Promise.reject(new Error(endOf(member, code)))),
    ]);
    wasReady = true;
    return done;
  };

  return {
    instance: member.instance,
    kind: member.kind,
    get pid() {
      return handle?.pid;
    },
    whileRunning,
    ready: async () => {
      if (member.healthUrl === undefined) return;
      const over = new AbortController();
      const answers = untilAnswers(member.instance, member.healthUrl, over.signal);
      await whileRunning(answers).finally(() => {
        over.abort();
      });
    },
    start: async (more) => {
      wanted = true;
      if (handle === undefined) await launch(more);
    },
    stop: async () => {
      wanted = false;
      await launching?.catch(() => undefined);
      await handle?.stop();
    },
    signal: (signal) => {
      if (handle === undefined) throw new Error(`${member.instance} is not running.`);
      process.kill(handle.pid, signal);
    },
  };
}

/** One sentence, and the last lines of the log below it. */
function endOf(member: Member, code: number | null): string {
  const how = code === null ? 'was killed' : `ended with code ${code}`;
  return `${member.instance} ${how}; ${member.logFile} ends with:\n${lastLines(member.logFile)}`;
}

function lastLines(file: string): string {
  try {
    return readFileSync(file, 'utf8')
      .trimEnd()
      .split('\n')
      .slice(-5)
      .map((line) => `  ${line}`)
      .join('\n');
  } catch {
    return '  (nothing)';
  }
}

import { spawn } from 'node:child_process';
import { mkdirSync, openSync, closeSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

/** A started process, whether ours or a server under its guardian. */
export interface Handle {
  readonly pid: number;
  /** Its exit code, once it has ended for whatever reason. */
  readonly exited: Promise<number | null>;
  /** Asks it to end in order, and waits for its end. */
  stop(): Promise<void>;
}

export interface ChildOrder {
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly logFile: string;
}

/** Longer than a service takes at most to stop by itself (20 s). */
const stopDeadlineMs = 25_000;

/**
 * Starts a Node process of ours. Detached, so that a terminal's Ctrl-C does not reach it before our orderly stop; held
 * by a pipe on its stdin, at whose end it stops, so that it can't outlive us.
 */
export function startChild(order: ChildOrder): Handle {
  mkdirSync(dirname(order.logFile), { recursive: true });
  const log = openSync(order.logFile, 'a', 0o600);
  const child = spawn(process.execPath, order.args, {
    cwd: order.cwd,
    env: { PATH: process.env['PATH'] ?? '', NODE_ENV: 'production', HOLD_STDIN: '1', ...order.env },
    detached: true,
    stdio: ['pipe', log, log],
  });
  closeSync(log);
  child.stdin?.on('error', () => undefined);
  const exited = new Promise<number | null>((resolve) => {
    child.once('exit', (code) => {
      resolve(code);
    });
    child.once('error', () => {
      resolve(null);
    });
  });
  return {
    pid: child.pid ?? 0,
    exited,
    stop: async () => {
      child.stdin?.end();
      child.kill('SIGCONT');
      const patience = new AbortController();
      const late = delay(stopDeadlineMs, 'late', { signal: patience.signal }).catch(() => 'stopped');
      if ((await Promise.race([exited, late])) === 'late') child.kill('SIGKILL');
      patience.abort();
      await exited;
    },
  };
}

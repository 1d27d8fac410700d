import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Lock {
  release(): void;
}

/**
 * Takes a data folder for this process alone.
 * @throws a sentence when another run has it; the lock of a run that is gone is taken over
 */
export function takeLock(dataDir: string): Lock {
  mkdirSync(dataDir, { recursive: true });
  const file = join(dataDir, 'lock');
  const holder = holderOf(file);
  if (holder !== undefined)
    throw new Error(`Souk already runs on ${dataDir} (pid ${holder}): stop it first.`);
  rmSync(file, { force: true });
  try {
    // `wx`: of two that start at once only one makes the file.
    writeFileSync(file, String(process.pid), { flag: 'wx' });
  } catch (cause) {
    throw new Error(`Souk is just starting on ${dataDir}: stop that run first.`, { cause });
  }
  let held = true;
  return {
    release: () => {
      if (held) rmSync(file, { force: true });
      held = false;
    },
  };
}

/** The pid of the run that has the lock; undefined when there is none or it is gone. */
function holderOf(file: string): number | undefined {
  let pid: number;
  try {
    pid = Number.parseInt(readFileSync(file, 'utf8'), 10);
  } catch {
    return undefined;
  }
  return pid > 0 && isNode(pid) ? pid : undefined;
}

/** A pid may be another program's by now; where that can be told, only a Node counts. */
function isNode(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
  if (process.platform !== 'linux') return true;
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('node');
  } catch {
    return false;
  }
}

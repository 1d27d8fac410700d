import { execFile } from 'node:child_process';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';

const deadlineMs = 15_000;

/**
 * Clears what a lost server left in its data folder: after a power cut the pid in postmaster.pid may belong to any
 * other process by now, which Postgres alone would take for a running server; a server that does still run there
 * (its guardian was killed) is stopped.
 */
export async function clearStaleServer(folder: string): Promise<void> {
  const pidFile = join(folder, 'postmaster.pid');
  const text = await readFile(pidFile, 'utf8').catch(() => '');
  const pid = Number.parseInt(text, 10);
  if (!(pid > 0)) return;
  if (await serves(pid, folder)) {
    process.kill(pid, 'SIGINT');
    const deadline = Date.now() + deadlineMs;
    while (await serves(pid, folder)) {
      if (Date.now() > deadline)
        throw new Error(`Another Postgres (pid ${pid}) keeps ${folder} and does not stop.`);
      await delay(20);
    }
  } else {
    await rm(pidFile, { force: true });
  }
}

async function serves(pid: number, folder: string): Promise<boolean> {
  const words = await commandOf(pid);
  return words.includes('postgres') && words.includes(folder);
}

const commandOf = (pid: number): Promise<string> =>
  process.platform === 'linux'
    ? readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')
    : promisify(execFile)('ps', ['-o', 'args=', '-p', String(pid)]).then(
        ({ stdout }) => stdout,
        () => '',
      );

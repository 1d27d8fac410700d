import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

const guardianFile = fileURLToPath(new URL('./guardian.mjs', import.meta.url));

// A guardian only waits: the smallest heap that V8 takes keeps it near Node's own floor.
const guardianFlags = ['--max-old-space-size=16', '--max-semi-space-size=1', '--v8-pool-size=0'];

export async function startGuarded(order) {
  await mkdir(dirname(order.logFile), { recursive: true });
  const log = await open(order.logFile, 'a', 0o600);
  const guardian = spawn(process.execPath, [...guardianFlags, guardianFile, JSON.stringify(order)], {
    detached: true,
    cwd: '/',
    env: {},
    stdio: ['pipe', 'pipe', log.fd],
  });
  await log.close();
  // The pipe breaks when the server ends first; `exited` is what tells.
  guardian.stdin.on('error', () => undefined);

  const exited = new Promise((resolve) => {
    guardian.once('exit', (code) => resolve(code));
    guardian.once('error', () => resolve(127));
  });
  const first = await Promise.race([once(guardian.stdout, 'data'), exited]);
  guardian.stdout.destroy();

  return {
    pid: Array.isArray(first) ? Number.parseInt(String(first[0]), 10) : undefined,
    guardianPid: guardian.pid,
    exited,
    stop: async () => {
      guardian.stdin.end();
      await exited;
    },
  };
}

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { freePort } from '../ports.js';
import { usageOf } from '../processes.js';

/** A registry under load. */
export interface Target {
  readonly name: string;
  readonly url: URL;
  /** From spawning its process to its first answer; undefined for one that ran before. */
  readonly startMs: number | undefined;
  rssMiB(): number | undefined;
  stop(): Promise<void>;
}

const MAIN = fileURLToPath(new URL('../../../services/registry/dist/main.js', import.meta.url));
const START_WITHIN_MS = 30_000;

/** One that runs already; any that speaks Consul's HTTP API. */
export function runningTarget(url: string): Target {
  return {
    name: url,
    url: new URL(url),
    startMs: undefined,
    rssMiB: () => undefined,
    stop: () => Promise.resolve(),
  };
}

/** This repository's registry in a process of its own, with a data folder. */
export async function startTarget(): Promise<Target> {
  if (!existsSync(MAIN)) throw new Error(`The registry is not built: ${MAIN} is missing.`);
  const dataDir = await mkdtemp(join(tmpdir(), 'souk-bench-registry-'));
  const url = new URL(`http://127.0.0.1:${String(await freePort())}`);
  const startedAt = performance.now();
  const child = spawn(process.execPath, [MAIN], {
    env: {
      REGISTRY_HTTP_PORT: url.port,
      REGISTRY_DNS_PORT: '0',
      REGISTRY_DATA_DIR: dataDir,
      REGISTRY_LOG_LEVEL: 'error',
      HOLD_STDIN: '1',
    },
    stdio: ['pipe', 'ignore', 'inherit'],
  });
  const exited = once(child, 'exit');
  const stop = async () => {
    child.kill('SIGKILL');
    await exited;
    await rm(dataDir, { recursive: true, force: true });
  };
  try {
    const startMs = (await untilAnswers(url)) - startedAt;
    return { name: 'souk', url, startMs, rssMiB: () => usageOf(child.pid).rssMiB, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function untilAnswers(url: URL): Promise<number> {
  const until = performance.now() + START_WITHIN_MS;
  for (;;) {
    const isUp = await fetch(new URL('/v1/status/leader', url)).then(
      ({ ok }) => ok,
      () => false,
    );
    if (isUp) return performance.now();
    if (performance.now() > until) throw new Error('The registry does not answer.');
    await delay(2);
  }
}

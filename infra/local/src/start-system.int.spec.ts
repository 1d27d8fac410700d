import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { removePostgresData } from '@souk/postgres';
import pg from 'pg';
import { root } from './root.js';
import { startSystem } from './start-system.js';
import type { RunningSystem, SystemOptions } from './system.js';
import { writeStandInServices } from './testing/stand-in-services.js';

let folder: string;
let options: SystemOptions;
let system: RunningSystem | undefined;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'souk-local-'));
  const servicesDir = await writeStandInServices(folder);
  options = { dataDir: join(folder, 'data'), port: 0, events: 'local', servicesDir };
});

beforeEach(() => {
  system = undefined;
});

afterEach(() => system?.stop());

afterAll(async () => {
  await removePostgresData(join(folder, 'data', 'postgres'));
  await rm(folder, { recursive: true });
});

async function start(more: Partial<SystemOptions> = {}): Promise<RunningSystem> {
  system = await startSystem({ ...options, ...more });
  return system;
}

const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 90_000;
  while (!(await isSo())) {
    if (Date.now() > deadline) throw new Error('it did not become so within 90 s');
    await delay(20);
  }
}

const pidsOf = (running: RunningSystem): number[] => running.processes.map(({ pid }) => pid ?? 0);

const answer = async (running: RunningSystem): Promise<{ instance: string; database: string }> =>
  (await (await fetch(`${running.url}/api/parrot`)).json()) as { instance: string; database: string };

describe('startSystem', () => {
  it('starts a whole system and leaves neither process nor lock', async () => {
    const running = await start();
    const { instance, database } = await answer(running);
    expect(instance).toBe('parrot-1');
    expect(database).toBe(running.databases['parrot']);

    const client = new pg.Client({ connectionString: running.verifierUrl('parrot') });
    await client.connect();
    await expect(client.query('SELECT * FROM word')).resolves.toMatchObject({ rowCount: 0 });
    await client.end();

    await expect(startSystem(options)).rejects.toThrow(`already runs on ${options.dataDir}`);
    const pids = pidsOf(running);
    expect(pids.every(isAlive)).toBe(true);
    await running.stop();
    expect(pids.some(isAlive)).toBe(false);
    expect(existsSync(join(options.dataDir, 'lock'))).toBe(false);
  });

  it('scales, and starts again what was killed', async () => {
    const running = await start();
    await running.scale('parrot', 2);
    const seen = new Set<string>();
    await until(async () => seen.add((await answer(running)).instance).size === 2);

    const before = running.processes.find(({ instance }) => instance === 'parrot-2')?.pid;
    running.kill('parrot-2');
    await until(() => {
      const now = running.processes.find(({ instance }) => instance === 'parrot-2')?.pid;
      return now !== undefined && now !== before;
    });
    await running.scale('parrot', 1);
    expect(running.processes.some(({ instance }) => instance === 'parrot-2')).toBe(false);
  });

  it('leaves a killed process down when it does not supervise, until told to restart it', async () => {
    const running = await start({ supervise: false });
    for (const instance of ['parrot-1', 'postgres', 'gateway']) {
      const pid = running.processes.find((one) => one.instance === instance)?.pid ?? 0;
      running.kill(instance);
      await until(() => running.processes.find((one) => one.instance === instance)?.pid === undefined);
      expect(isAlive(pid)).toBe(false);
      await running.restart(instance);
    }
    expect((await answer(running)).instance).toBe('parrot-1');
    const client = new pg.Client({ connectionString: running.databases['parrot'] });
    await client.connect();
    await client.end();
  });

  it('says which service could not start and why, and leaves nothing', async () => {
    const failing = start({ environment: { FAIL_WITH: 'DATABASE_URL is missing' }, supervise: false });
    await expect(failing).rejects.toThrow(
      /parrot-1 ended with code 3; .+parrot-1.log ends with:\n {2}DATABASE_URL/,
    );
    expect(existsSync(join(options.dataDir, 'lock'))).toBe(false);
  });

  it('says that the port is taken', async () => {
    const squatter = createServer().listen(0, '127.0.0.1');
    await once(squatter, 'listening');
    try {
      const address = squatter.address();
      const port = typeof address === 'object' && address ? address.port : 0;
      await expect(start({ port })).rejects.toThrow(
        `Port ${port} is taken: choose another with --port or SOUK_PORT.`,
      );
    } finally {
      squatter.close();
    }
  });

  it('leaves nothing behind when its runner is killed', async () => {
    const script = `
      const { startSystem } = await import(${JSON.stringify(new URL('./start-system.ts', import.meta.url).href)});
      const system = await startSystem(JSON.parse(process.argv[1]));
      process.stdout.write(JSON.stringify(system.processes.map(({ pid }) => pid)));`;
    const args = ['--import', 'tsx', '--conditions=@souk/source', '--input-type=module', '-e', script];
    const runner = spawn(process.execPath, [...args, JSON.stringify(options)], {
      cwd: root,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const ended = once(runner, 'exit').then(([code]) => {
      throw new Error(`The runner ended with ${String(code)} before it told its processes.`);
    });
    const [text] = (await Promise.race([once(runner.stdout, 'data'), ended])) as [Buffer];
    const pids = JSON.parse(String(text)) as number[];
    expect(pids.length).toBeGreaterThanOrEqual(4);
    expect(pids.every(isAlive)).toBe(true);
    runner.kill('SIGKILL');
    await until(() => !pids.some(isAlive));
    await start();
  });
});

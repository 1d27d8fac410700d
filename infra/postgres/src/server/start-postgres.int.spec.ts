import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { removePostgresData } from './cluster.js';
import { asServerUser } from './server-user.js';
import { startPostgres, type RunningPostgres } from './start-postgres.js';

let folder: string;
let running: RunningPostgres | undefined;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'souk-postgres-'));
});

afterEach(async () => {
  await running?.stop();
  running = undefined;
});

afterAll(async () => {
  await removePostgresData(join(folder, 'pg'));
  await rm(folder, { recursive: true, force: true });
});

async function start(): Promise<RunningPostgres> {
  running = await startPostgres({ dataDir: join(folder, 'pg'), logFile: join(folder, 'pg.log') });
  return running;
}

async function query(url: string, sql: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(sql)).rows;
  } finally {
    await client.end();
  }
}

async function untilGone(pid: number): Promise<void> {
  const deadline = Date.now() + 15_000;
  while (isAlive(pid)) {
    if (Date.now() > deadline) throw new Error(`process ${pid} is still there`);
    await delay(20);
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

describe('startPostgres', () => {
  it('keeps data between starts and leaves no process', async () => {
    const first = await start();
    await query(first.superuserUrl, 'CREATE TABLE kept AS SELECT 7 AS n');
    await first.stop();
    await untilGone(first.pid);

    const second = await start();
    await expect(query(second.superuserUrl, 'SELECT n FROM kept')).resolves.toEqual([{ n: 7 }]);
    await expect(query(second.superuserUrl, 'SHOW fsync')).resolves.toEqual([{ fsync: 'on' }]);
  });

  it('starts over a postmaster.pid whose pid is another process by now', async () => {
    const first = await start();
    const [found] = await query(first.superuserUrl, 'SHOW data_directory');
    await first.stop();
    // The same user's process: Postgres alone takes it for a server of its own.
    const other = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], {
      cwd: '/',
      ...asServerUser(),
    });
    try {
      const pidFile = join(String(found?.['data_directory']), 'postmaster.pid');
      await writeFile(pidFile, `${other.pid}\n${folder}\n0\n5432\n\n\n0 0\n`);
      await expect(start()).resolves.toMatchObject({ host: '127.0.0.1' });
    } finally {
      other.kill('SIGKILL');
    }
  });

  it('leaves no server behind when its parent is killed', async () => {
    const script = `
      const { startPostgres } = await import(${JSON.stringify(new URL('./start-postgres.ts', import.meta.url).href)});
      const server = await startPostgres({ dataDir: process.argv[1], logFile: process.argv[2] });
      process.stdout.write(String(server.pid));
      setInterval(() => {}, 1000);`;
    const root = fileURLToPath(new URL('../../../../', import.meta.url));
    const args = ['--import', 'tsx', '--conditions=@souk/source', '--input-type=module', '-e', script];
    const parent = spawn(process.execPath, [...args, join(folder, 'pg'), join(folder, 'pg.log')], {
      cwd: root,
    });
    const [pid] = (await once(parent.stdout, 'data')) as [Buffer];
    expect(isAlive(Number(pid))).toBe(true);
    parent.kill('SIGKILL');
    await untilGone(Number(pid));
  });
});

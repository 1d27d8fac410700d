import { readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { startGuarded, type Guarded } from '../../../guardian/index.mjs';
import { prepareBinaries } from './binaries.js';
import { openCluster } from './cluster.js';
import { asServerUser } from './server-user.js';
import { clearStaleServer } from './stale-server.js';

export interface PostgresOptions {
  /** Kept between starts. */
  readonly dataDir: string;
  /** 0 or absent: any free one. */
  readonly port?: number;
  readonly logFile: string;
}

export interface RunningPostgres {
  readonly host: string;
  readonly port: number;
  readonly pid: number;
  /** Of the database `postgres`; holds the superuser's password. */
  readonly superuserUrl: string;
  /** The server's exit code, once it has ended for whatever reason. */
  readonly exited: Promise<number | null>;
  stop(): Promise<void>;
}

const host = '127.0.0.1';
const readyDeadlineMs = 120_000;

/** For a small machine that still keeps what it acknowledges: durability stays at Postgres' defaults. */
const settings = {
  listen_addresses: host,
  unix_socket_directories: '',
  shared_buffers: '128MB',
  max_connections: '200',
  fsync: 'on',
  idle_in_transaction_session_timeout: '30s',
  password_encryption: 'scram-sha-256',
  timezone: 'UTC',
  log_timezone: 'UTC',
};

/** Starts a real Postgres that keeps its data in `dataDir` and cannot outlive this process. */
export async function startPostgres(options: PostgresOptions): Promise<RunningPostgres> {
  const binaries = await prepareBinaries();
  const cluster = await openCluster(binaries, options.dataDir);
  await clearStaleServer(cluster.folder);
  const port = options.port || (await freePort());
  const user = asServerUser();
  const server = await startGuarded({
    command: binaries.postgres,
    args: ['-D', cluster.folder, '-p', String(port), ...asFlags(settings)],
    cwd: cluster.folder,
    env: { PATH: process.env['PATH'] ?? '', LC_ALL: 'C' },
    logFile: options.logFile,
    // SIGINT is Postgres' fast shutdown: sessions are ended, a checkpoint is written.
    stopSignal: 'SIGINT',
    stopTimeoutMs: 20_000,
    ...(user ? { user } : {}),
  });
  const superuserUrl = `postgres://postgres:${cluster.superuserPassword}@${host}:${port}/postgres`;
  try {
    await untilReady(server, { superuserUrl, logFile: options.logFile });
  } catch (error) {
    await server.stop();
    throw error;
  }
  return { host, port, pid: server.pid ?? 0, superuserUrl, exited: server.exited, stop: server.stop };
}

async function untilReady(server: Guarded, where: { superuserUrl: string; logFile: string }): Promise<void> {
  const state = { ended: false };
  void server.exited.then(() => {
    state.ended = true;
  });
  const deadline = Date.now() + readyDeadlineMs;
  while (!(await answers(where.superuserUrl))) {
    if (state.ended) throw new Error(`Postgres ended while starting: ${await lastLine(where.logFile)}`);
    if (Date.now() > deadline)
      throw new Error(`Postgres was not ready in time: ${await lastLine(where.logFile)}`);
    await delay(25);
  }
}

async function answers(url: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 2_000 });
  client.on('error', () => undefined);
  try {
    await client.connect();
    return true;
  } catch {
    return false;
  } finally {
    await client.end().catch(() => undefined);
  }
}

const asFlags = (values: Record<string, string>): string[] =>
  Object.entries(values).flatMap(([name, value]) => ['-c', `${name}=${value}`]);

const lastLine = async (file: string): Promise<string> =>
  (await readFile(file, 'utf8').catch(() => '')).trim().split('\n').at(-1) ?? '';

const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, host, () => {
      const address = probe.address();
      probe.close(() => {
        resolve(typeof address === 'object' && address ? address.port : 0);
      });
    });
  });

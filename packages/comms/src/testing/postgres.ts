import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { removePostgresData, startPostgres } from '@souk/postgres';
import pg from 'pg';

/** A real Postgres of one spec file's own. */
export interface TestPostgres {
  /** Makes an empty database. @returns its URL */
  createDatabase(name: string): Promise<string>;
  /** Makes a database with outbox, inbox and idempotency keys. @returns a pool on it, closed by `stop` */
  createServiceDatabase(name: string, poolSize?: number): Promise<pg.Pool>;
  stop(): Promise<void>;
}

export async function startTestPostgres(): Promise<TestPostgres> {
  const folder = await mkdtemp(join(tmpdir(), 'souk-comms-'));
  const dataDir = join(folder, 'pg');
  const server = await startPostgres({ dataDir, logFile: join(folder, 'pg.log') });
  const pools: pg.Pool[] = [];
  const open = (connectionString: string, max: number) => {
    const pool = new pg.Pool({ connectionString, max });
    // A connection that is closing while its server ends says so.
    pool.on('error', () => undefined);
    pools.push(pool);
    return pool;
  };
  const admin = open(server.superuserUrl, 1);
  const createDatabase = async (name: string) => {
    await admin.query(`create database ${name}`);
    const url = new URL(server.superuserUrl);
    url.pathname = `/${name}`;
    return url.href;
  };
  return {
    createDatabase,
    createServiceDatabase: async (name, poolSize = 10) => {
      const pool = open(await createDatabase(name), poolSize);
      await pool.query(await readFile(join(import.meta.dirname, '../outbox/schema.sql'), 'utf8'));
      return pool;
    },
    stop: async () => {
      await Promise.all(pools.map((pool) => pool.end()));
      await server.stop();
      await removePostgresData(dataDir);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

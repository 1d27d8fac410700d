import { readdir } from 'node:fs/promises';
import pg from 'pg';
import { ServiceError } from '../errors/index.js';
import type { Logger } from '../telemetry/index.js';

export interface Database {
  readonly pool: pg.Pool;
  /** Refuses to go on until the schema is at least as new as this code. */
  assertMigrated(): Promise<void>;
  check(): Promise<string | undefined>;
  close(): Promise<void>;
}

const limits = {
  statement_timeout: 5000,
  lock_timeout: 3000,
  idle_in_transaction_session_timeout: 10_000,
};

/**
 * The one pool of a service, with every wait bounded.
 * @param migrations the service's prisma/migrations folder
 */
export function createDatabase(options: {
  url: string;
  poolSize: number;
  instance: string;
  migrations: URL;
  logger: Logger;
}): Database {
  const pool = new pg.Pool({
    connectionString: options.url,
    max: options.poolSize,
    connectionTimeoutMillis: 3000,
    idleTimeoutMillis: 60_000,
    application_name: options.instance,
    ...limits,
  });
  // An idle connection that breaks is replaced by the pool; without a listener it would end the process.
  pool.on('error', (error) => {
    options.logger.warn({ reason: error.message }, 'a database connection broke');
  });
  return {
    pool,
    assertMigrated: async () => {
      const latest = (await readdir(options.migrations))
        .filter((name) => /^\d/.test(name))
        .sort()
        .at(-1);
      const { rows } = await pool.query<{ name: string }>(
        `select migration_name as name from _prisma_migrations
         where finished_at is not null and rolled_back_at is null order by migration_name desc limit 1`,
      );
      const applied = rows[0]?.name ?? '';
      if (latest !== undefined && applied < latest) {
        throw new ServiceError(
          'unavailable',
          `The database is at migration '${applied}', this code needs '${latest}': migrate first.`,
        );
      }
    },
    check: async () => {
      await pool.query('select 1');
      return undefined;
    },
    close: () => pool.end(),
  };
}

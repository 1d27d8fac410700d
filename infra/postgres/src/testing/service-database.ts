import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { databaseUrl, migrate, provision } from '../schema/index.js';
import { removePostgresData } from '../server/cluster.js';
import { startPostgres } from '../server/start-postgres.js';

/** A real Postgres with one service's database, migrated, for one spec file. */
export interface ServiceDatabase {
  /** As the service's own role. */
  readonly url: string;
  /** Leaves nothing behind. */
  stop(): Promise<void>;
}

const servicesDir = join(import.meta.dirname, '../../../../services');

/** @param service its name, such as product */
export async function startServiceDatabase(service: string): Promise<ServiceDatabase> {
  const folder = await mkdtemp(join(tmpdir(), `souk-${service}-`));
  const dataDir = join(folder, 'pg');
  const postgres = await startPostgres({ dataDir, logFile: join(folder, 'pg.log') });
  const stop = async (): Promise<void> => {
    await postgres.stop();
    await removePostgresData(dataDir);
    await rm(folder, { recursive: true });
  };
  const database = `souk_${service}`;
  const passwords = { [service]: 's', migrator: 'm', verifier: 'v', events: 'e' };
  const as = (role: string, password: string) =>
    databaseUrl(postgres.superuserUrl, { role, database, password });
  try {
    await provision(postgres.superuserUrl, [{ name: service, database }], passwords);
    await migrate({
      url: as('migrator', passwords.migrator),
      migrationsDir: join(servicesDir, service, 'prisma/migrations'),
    });
    return { url: as(service, 's'), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

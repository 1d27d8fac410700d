import { readdir } from 'node:fs/promises';
import pg from 'pg';
import { readMigrations } from './migration-list.js';

const filters = { externalTables: [], externalEnums: [] };

/**
 * Applies the migrations that the database lacks, in order, recorded in Prisma's own `_prisma_migrations`.
 * @param target `url` is the migrator's; `migrationsDir` is a service's `prisma/migrations`
 * @returns the names just applied; none when the database was up to date
 */
export async function migrate(target: { url: string; migrationsDir: string }): Promise<string[]> {
  const migrationsList = await readMigrations(target.migrationsDir);
  if (migrationsList.migrationDirectories.length === 0) return [];
  if (await isUpToDate(target)) return [];
  const { withSchemaEngine } = await import('./schema-engine.js');
  const applied = await withSchemaEngine({ url: target.url }, (engine) =>
    engine.applyMigrations({ migrationsList, filters }),
  );
  return applied.appliedMigrationNames;
}

/** Asked in plain SQL first: the engine takes a second and 60 MB to come to the same answer. */
async function isUpToDate({ url, migrationsDir }: { url: string; migrationsDir: string }): Promise<boolean> {
  const entries = await readdir(migrationsDir, { withFileTypes: true });
  const wanted = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const { rows } = await client.query<{ name: string }>(
      `select migration_name as name from _prisma_migrations where finished_at is not null and rolled_back_at is null`,
    );
    const applied = new Set(rows.map(({ name }) => name));
    return wanted.every((name) => applied.has(name));
  } catch (error) {
    const isNew = error instanceof pg.DatabaseError && error.code === undefinedTable;
    if (isNew) return false;
    throw error;
  } finally {
    await client.end();
  }
}

const undefinedTable = '42P01';

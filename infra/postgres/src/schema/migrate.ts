import { readMigrations } from './migration-list.js';
import { withSchemaEngine } from './schema-engine.js';

const filters = { externalTables: [], externalEnums: [] };

/**
 * Applies the migrations that the database lacks, in order, recorded in Prisma's own `_prisma_migrations`.
 * @param target `url` is the migrator's; `migrationsDir` is a service's `prisma/migrations`
 * @returns the names just applied; none when the database was up to date
 */
export async function migrate(target: { url: string; migrationsDir: string }): Promise<string[]> {
  const migrationsList = await readMigrations(target.migrationsDir);
  if (migrationsList.migrationDirectories.length === 0) return [];
  const applied = await withSchemaEngine({ url: target.url }, (engine) =>
    engine.applyMigrations({ migrationsList, filters }),
  );
  return applied.appliedMigrationNames;
}

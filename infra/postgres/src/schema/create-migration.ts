import { randomUUID } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { migrate } from './migrate.js';
import { databaseUrl } from './provision.js';

export interface NewMigration {
  /** A service's `prisma` folder: schema.prisma and migrations/. */
  readonly prismaDir: string;
  /** What it does, in a word or two: becomes part of the folder's name. */
  readonly name: string;
  /** A scratch database is made and dropped on this server. */
  readonly superuserUrl: string;
  readonly now: Date;
}

/**
 * Writes the migration that leads from the existing ones to schema.prisma.
 * @returns its folder's name; undefined when there is nothing to do
 */
export async function createMigration(wanted: NewMigration): Promise<string | undefined> {
  const migrationsDir = join(wanted.prismaDir, 'migrations');
  const script = await onScratchDatabase(wanted.superuserUrl, async (url) => {
    await migrate({ url, migrationsDir });
    return differenceTo(wanted.prismaDir, url);
  });
  if (script === undefined) return undefined;
  const timestamp = wanted.now.toISOString().replace(/\D/g, '').slice(0, 14);
  const folder = `${timestamp}_${wanted.name.toLowerCase().replace(/[^a-z0-9]+/g, '_')}`;
  await mkdir(join(migrationsDir, folder), { recursive: true });
  await writeFile(join(migrationsDir, folder, 'migration.sql'), script);
  await writeFile(join(migrationsDir, 'migration_lock.toml'), lock);
  return folder;
}

async function differenceTo(prismaDir: string, url: string): Promise<string | undefined> {
  const path = join(prismaDir, 'schema.prisma');
  const content = await readFile(path, 'utf8');
  const files = [{ path, content }];
  const filters = { externalTables: [], externalEnums: [] };
  const { withSchemaEngine } = await import('./schema-engine.js');
  const difference = await withSchemaEngine({ url, datamodels: [[path, content]] }, (engine) =>
    engine.diff({
      from: { tag: 'schemaDatasource', files, configDir: prismaDir },
      to: { tag: 'schemaDatamodel', files },
      script: true,
      exitCode: true,
      filters,
    }),
  );
  return difference.exitCode === 0 ? undefined : (difference.stdout ?? undefined);
}

async function onScratchDatabase<T>(superuserUrl: string, work: (url: string) => Promise<T>): Promise<T> {
  const database = `scratch_${randomUUID().replaceAll('-', '')}`;
  const client = new pg.Client({ connectionString: superuserUrl });
  await client.connect();
  try {
    await client.query(`CREATE DATABASE ${database}`);
    return await work(databaseUrl(superuserUrl, { database }));
  } finally {
    await client.query(`DROP DATABASE IF EXISTS ${database} WITH (FORCE)`);
    await client.end();
  }
}

const lock = `# Kept by \`npm run migration\`.
provider = "postgresql"
`;

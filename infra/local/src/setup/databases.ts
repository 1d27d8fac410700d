import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { databaseUrl, migrate, provision } from '@souk/postgres/schema';
import type { ServiceManifest } from './manifests.js';

export interface DatabasesWanted {
  readonly superuserUrl: string;
  readonly manifests: readonly ServiceManifest[];
  readonly servicesDir: string;
  readonly passwords: Readonly<Record<string, string>>;
}

/** The roles that need a password. */
export const databaseRoles = (manifests: readonly ServiceManifest[]): string[] => [
  ...manifests.flatMap(({ name, database }) => (database === null ? [] : [name])),
  'migrator',
  'verifier',
  'events',
];

/**
 * Makes every service's database and brings it to its newest migration.
 * @returns each service's own URL by its name
 */
export async function prepareDatabases(wanted: DatabasesWanted): Promise<Map<string, string>> {
  const { superuserUrl, passwords } = wanted;
  await provision(superuserUrl, wanted.manifests, passwords);
  const urls = new Map<string, string>();
  for (const { name, database } of wanted.manifests) {
    if (database === null) continue;
    const migrationsDir = join(wanted.servicesDir, name, 'prisma', 'migrations');
    const url = databaseUrl(superuserUrl, {
      database,
      role: 'migrator',
      password: passwords['migrator'] ?? '',
    });
    if (existsSync(migrationsDir)) {
      await migrate({ url, migrationsDir }).catch((cause: unknown) => {
        throw new Error(`The migrations of ${name} failed: ${cause instanceof Error ? cause.message : ''}`, {
          cause,
        });
      });
    }
    urls.set(name, databaseUrl(superuserUrl, { database, role: name, password: passwords[name] ?? '' }));
  }
  return urls;
}

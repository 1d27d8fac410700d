import { prepareDatabases, readManifests } from '@souk/local/setup';
import { readConfig, readSecret } from '../config.js';

/** Gives each service its database and its role, and brings the schemas to their newest migration. */
export async function migrateDatabases(): Promise<void> {
  const { servicesDir } = readConfig();
  const databases = await prepareDatabases({
    superuserUrl: readSecret('SUPERUSER_URL'),
    manifests: readManifests(servicesDir),
    servicesDir,
    passwords: JSON.parse(readSecret('DATABASE_PASSWORDS')) as Record<string, string>,
  });
  process.stdout.write(`Up to date: ${[...databases.keys()].join(', ')}.\n`);
  // The schema engine leaves a timer behind.
  process.exit(0);
}

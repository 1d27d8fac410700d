import { join } from 'node:path';
import { databaseRoles, openSecrets, readManifests, type Secrets } from '@souk/local/setup';
import { readConfig } from '../config.js';
import { openAuthority } from '../secrets/certificates.js';
import { consumersOf, superuser } from '../secrets/consumers.js';
import { handOut } from '../secrets/hand-out.js';

const usage = 'docker compose run --rm secrets [show | renew]';

/**
 * Makes the secrets that are missing and gives each container its own: nobody else can read them. `show` prints the
 * logins, `renew` issues every certificate anew.
 */
export async function handOutSecrets(args: readonly string[]): Promise<void> {
  const [action = 'make'] = args;
  if (!['make', 'show', 'renew'].includes(action))
    throw new Error(`There is no "${action}" of secrets: ${usage}.`);
  const config = readConfig();
  const manifests = readManifests(config.servicesDir);
  const master = join(config.secretsDir, 'master');
  const secrets = openSecrets(master, {
    services: manifests.map(({ name }) => name),
    databaseRoles: [superuser, ...databaseRoles(manifests)],
    adminPassword: config.adminPassword,
    alicePassword: config.alicePassword,
  });
  if (action === 'show') {
    process.stdout.write(loginsOf(secrets));
    return;
  }
  const authority = await openAuthority(master);
  const consumers = consumersOf({ secrets, manifests, databaseHost: config.databaseHost });
  for (const consumer of consumers) {
    await handOut(consumer, {
      folder: join(config.secretsDir, consumer.name),
      authority,
      renew: action === 'renew',
    });
  }
  process.stdout.write(`Secrets are in place for ${consumers.map(({ name }) => name).join(', ')}.\n`);
}

const loginsOf = ({ adminPassword, alicePassword }: Secrets): string =>
  `admin@souk.test   ${adminPassword}\nalice@souk.test   ${alicePassword}\n`;

import { addStore, createService, type Service } from '@souk/comms/service';
import { IdentityServiceDefinition } from '@souk/contracts/identity/v1';
import { readDescriptorSet } from '@souk/contracts/descriptors';
import type { KeyObject } from 'node:crypto';
import type { Config } from './config.js';
import { callers, identityService } from './grpc/identity-service.js';
import { addRoutes } from './http/routes.js';
import { createSessions } from './store/sessions.js';
import { createSigningKeys } from './store/signing-keys.js';
import { createUsers } from './store/users.js';
import { createPasswords } from './use-cases/passwords.js';
import { seedUsers, type SeedUser } from './use-cases/seed-users.js';

const migrations = new URL('../prisma/migrations/', import.meta.url);
const keysEveryMs = 60_000;
const purgeEveryMs = 3_600_000;

/** Identity: built here, listening only after `start`. */
export async function createApp(config: Config): Promise<Service> {
  let publicKey: (kid: string) => KeyObject | undefined = () => undefined;
  const service = await createService({
    manifest: new URL('../service.json', import.meta.url),
    name: 'identity',
    title: 'Souk: users and sessions',
    settings: config,
    descriptorSet: readDescriptorSet(),
    userKeys: (kid) => publicKey(kid),
  });
  const { database, relay, repeat } = await addStore(service, {
    name: 'identity',
    settings: config,
    migrations,
  });
  const { pool } = database;

  const keys = createSigningKeys(pool, config.KEY_ENCRYPTION_SECRET);
  publicKey = keys.publicKey;
  const users = createUsers(pool, relay.poke);
  const sessions = createSessions(pool);
  const passwords = await createPasswords();
  service.add({ name: 'signing keys', kind: 'resource', start: keys.refresh });
  service.add({
    name: 'seeded users',
    kind: 'resource',
    start: () => seedUsers({ users, passwords }, seedsOf(config)),
  });

  addRoutes(service.http, { users, sessions, passwords, keys, triesPerMinute: 10 * config.SOUK_RATE_LIMIT });
  service.grpc.add(IdentityServiceDefinition, identityService(users), callers);
  repeat('signing keys', async () => {
    await keys.refresh();
    return keysEveryMs;
  });
  repeat('old sessions', async () => {
    await sessions.purge();
    return purgeEveryMs;
  });
  return service;
}

const seedsOf = (config: Config): SeedUser[] => [
  { email: 'admin@souk.test', name: 'Admin', roles: ['admin', 'user'], password: config.SOUK_ADMIN_PASSWORD },
  { email: 'alice@souk.test', name: 'Alice', roles: ['user'], password: config.SOUK_ALICE_PASSWORD },
];

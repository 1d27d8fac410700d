import { readFileSync } from 'node:fs';
import type { Secrets, ServiceManifest } from '@souk/local/setup';
import { databaseUrl } from '@souk/postgres/schema';

/** A container and what it alone may read, below /run/secrets. */
export interface Consumer {
  readonly name: string;
  /** The user that its image runs as. */
  readonly uid: number;
  /** Contents by file name. */
  readonly files: Readonly<Record<string, string>>;
  /** Whom its certificate names; without, it gets none. */
  readonly certificateFor?: string;
}

export interface SecretsOfSystem {
  readonly secrets: Secrets;
  readonly manifests: readonly ServiceManifest[];
  readonly databaseHost: string;
}

export const superuser = 'postgres';

/** Users of the official images. */
const users = { node: 1000, nginx: 101, postgres: 999 } as const;

/** Who gets what. */
export function consumersOf({ secrets, manifests, databaseHost }: SecretsOfSystem): Consumer[] {
  const passwords = secrets.databasePasswords;
  const urlOf = (role: string, database: string): string =>
    databaseUrl(`postgres://${databaseHost}`, { role, database, password: passwords[role] ?? '' });
  const names = manifests.map(({ name }) => name);
  const withDatabase = manifests.flatMap(({ name, database }) =>
    database === null ? [] : [{ name, database }],
  );
  const provider = {
    'provider-api-key': secrets.providerApiKey,
    'provider-webhook-secret': secrets.providerWebhookSecret,
  };
  const own: Readonly<Record<string, Readonly<Record<string, string>>>> = {
    identity: {
      'admin-password': secrets.adminPassword,
      'alice-password': secrets.alicePassword,
      'key-encryption-secret': secrets.keyEncryptionSecret,
    },
    payment: provider,
    registry: { 'registry-tokens.json': readFileSync(secrets.registryTokensFile, 'utf8') },
  };
  const services = manifests.map(({ name, database }): Consumer => {
    const files = {
      'registry-token': readFileSync(secrets.registryTokenFile(name), 'utf8'),
      'service-key.pem': readFileSync(secrets.serviceKeyFile(name), 'utf8'),
      'services.jwks.json': readFileSync(secrets.jwksFile, 'utf8'),
      ...(database === null ? {} : { 'database-url': urlOf(name, database) }),
      ...own[name],
    };
    return { name, uid: users.node, certificateFor: name, files };
  });
  return [
    ...services,
    { name: 'postgres', uid: users.postgres, files: { 'postgres-password': passwords[superuser] ?? '' } },
    {
      name: 'migrate',
      uid: users.node,
      files: {
        'superuser-url': urlOf(superuser, 'postgres'),
        'database-passwords.json': JSON.stringify(passwords),
      },
    },
    ...(names.includes('payment') ? [{ name: 'payment-provider', uid: users.node, files: provider }] : []),
    { name: 'gateway', uid: users.nginx, certificateFor: 'gateway', files: {} },
    {
      name: 'seed',
      uid: users.node,
      certificateFor: 'gateway',
      files: { 'admin-password': secrets.adminPassword, 'registry-token': secrets.registryOperatorToken },
    },
    {
      name: 'verify',
      uid: users.node,
      files: {
        'verifier-urls.json': JSON.stringify(
          Object.fromEntries(withDatabase.map(({ name, database }) => [name, urlOf('verifier', database)])),
        ),
      },
    },
  ];
}

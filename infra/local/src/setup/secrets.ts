import { createPrivateKey, createPublicKey, generateKeyPairSync, randomBytes } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Secrets {
  readonly adminPassword: string;
  readonly alicePassword: string;
  /** 32 bytes, base64. */
  readonly keyEncryptionSecret: string;
  /** Lets its bearer write anything in the registry. */
  readonly registryOperatorToken: string;
  /** Path of JSON that tells the registry services by their tokens. */
  readonly registryTokensFile: string;
  /** Path of a service's token for the registry. */
  registryTokenFile(service: string): string;
  readonly providerApiKey: string;
  readonly providerWebhookSecret: string;
  /** Of Postgres' roles, by name. */
  readonly databasePasswords: Readonly<Record<string, string>>;
  /** Path of a service's private key (PKCS#8 PEM). */
  serviceKeyFile(service: string): string;
  /** Public keys of all services, kid = name. */
  readonly jwksFile: string;
}

export interface SecretsWanted {
  readonly services: readonly string[];
  readonly databaseRoles: readonly string[];
  /** Given from outside: kept in place of what was there. */
  readonly adminPassword?: string | undefined;
  readonly alicePassword?: string | undefined;
}

/** Opens the secrets kept in `folder`, making those that are missing: one file each, for the owner's eyes only. */
export function openSecrets(folder: string, wanted: SecretsWanted): Secrets {
  for (const room of [folder, join(folder, 'services'), join(folder, 'postgres'), join(folder, 'registry')]) {
    mkdirSync(room, { recursive: true, mode: 0o700 });
    chmodSync(room, 0o700);
  }
  const secret = (name: string, make: () => string, given?: string): string =>
    keep(join(folder, name), make, given).trim();
  const serviceKeyFile = (service: string): string => join(folder, 'services', `${service}.pem`);
  const jwksFile = join(folder, 'services.jwks.json');
  const keys = wanted.services.map((name) => publicKeyOf(name, keep(serviceKeyFile(name), makeServiceKey)));
  const registryTokenFile = (service: string): string => join(folder, 'registry', service);
  const registryTokensFile = join(folder, 'registry-tokens.json');
  const registryOperatorToken = secret('registry-operator-token', makePassword);
  const tokens = wanted.services.map((name) => [keep(registryTokenFile(name), makePassword).trim(), name]);
  const allTokens = Object.fromEntries([...tokens, [registryOperatorToken, '*']]) as Record<string, string>;
  keep(registryTokensFile, () => '', `${JSON.stringify(allTokens, undefined, 2)}\n`);
  keep(jwksFile, () => '', `${JSON.stringify({ keys }, undefined, 2)}\n`);

  return {
    adminPassword: secret('admin-password', makePassword, wanted.adminPassword),
    alicePassword: secret('alice-password', makePassword, wanted.alicePassword),
    keyEncryptionSecret: secret('key-encryption-secret', () => randomBytes(32).toString('base64')),
    registryOperatorToken,
    registryTokensFile,
    registryTokenFile,
    providerApiKey: secret('provider-api-key', makePassword),
    providerWebhookSecret: secret('provider-webhook-secret', makePassword),
    databasePasswords: Object.fromEntries(
      wanted.databaseRoles.map((role) => [role, secret(join('postgres', role), makePassword)]),
    ),
    serviceKeyFile,
    jwksFile,
  };
}

const makePassword = (): string => randomBytes(18).toString('base64url');

const makeServiceKey = (): string =>
  generateKeyPairSync('ec', { namedCurve: 'P-256' })
    .privateKey.export({ type: 'pkcs8', format: 'pem' })
    .toString();

const publicKeyOf = (kid: string, pem: string): object => ({
  ...createPublicKey(createPrivateKey(pem)).export({ format: 'jwk' }),
  kid,
  alg: 'ES256',
  use: 'sig',
});

function keep(file: string, make: () => string, given?: string): string {
  if (given === undefined && existsSync(file)) return readFileSync(file, 'utf8');
  const value = given ?? make();
  writeFileSync(file, value, { mode: 0o600 });
  chmodSync(file, 0o600);
  return value;
}

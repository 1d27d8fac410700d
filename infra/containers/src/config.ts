import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** What the one-shot jobs are told from outside. */
export interface JobsConfig {
  /** `SERVICES_DIR`: the folder of services; the repository's unless said. */
  readonly servicesDir: string;
  /** `SECRETS_DIR`: a folder per consumer is mounted below it, and `master`. */
  readonly secretsDir: string;
  /** `DATABASE_HOST`: host and port of Postgres, as services reach it. */
  readonly databaseHost: string;
  /** `SOUK_ADMIN_PASSWORD`, `SOUK_ALICE_PASSWORD`: kept in place of what was made before. */
  readonly adminPassword: string | undefined;
  readonly alicePassword: string | undefined;
}

export const readConfig = (environment: NodeJS.ProcessEnv = process.env): JobsConfig => ({
  servicesDir: environment['SERVICES_DIR'] ?? fileURLToPath(new URL('../../../services/', import.meta.url)),
  secretsDir: environment['SECRETS_DIR'] ?? '/secrets',
  databaseHost: environment['DATABASE_HOST'] ?? 'postgres:5432',
  adminPassword: environment['SOUK_ADMIN_PASSWORD'] || undefined,
  alicePassword: environment['SOUK_ALICE_PASSWORD'] || undefined,
});

/**
 * A setting that is a secret: the file that `KEY_FILE` names holds it.
 * @throws an Error whose one sentence names the key that is missing
 */
export function readSecret(key: string, environment: NodeJS.ProcessEnv = process.env): string {
  const file = environment[`${key}_FILE`];
  if (file === undefined) throw new Error(`Set ${key}_FILE to the path of the file that holds it.`);
  return readFileSync(file, 'utf8').trim();
}

/** @throws an Error whose one sentence names the key that is missing */
export function readSetting(key: string, environment: NodeJS.ProcessEnv = process.env): string {
  const value = environment[key];
  if (value === undefined || value === '') throw new Error(`Set ${key}.`);
  return value;
}

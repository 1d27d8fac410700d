import { join, resolve } from 'node:path';
import { root } from './root.js';

/** What the commands take from the environment; an option on the command line goes before it. */
export interface LocalConfig {
  /** SOUK_PORT: of the gateway. */
  readonly port: number;
  /** SOUK_DATA: where everything is kept. */
  readonly dataDir: string;
  /** SOUK_ADMIN_PASSWORD, SOUK_ALICE_PASSWORD: applied on every start; made and kept when absent. */
  readonly adminPassword: string | undefined;
  readonly alicePassword: string | undefined;
  /** SOUK_RATE_LIMIT: scales the gateway's limits. */
  readonly rateLimit: number;
}

/** @throws an Error whose one sentence says which key is wrong */
export function readConfig(environment: NodeJS.ProcessEnv = process.env): LocalConfig {
  return {
    port: numberOf('SOUK_PORT', environment['SOUK_PORT'] ?? '8080'),
    dataDir: resolve(environment['SOUK_DATA'] ?? join(root, '.souk')),
    adminPassword: environment['SOUK_ADMIN_PASSWORD'] || undefined,
    alicePassword: environment['SOUK_ALICE_PASSWORD'] || undefined,
    rateLimit: numberOf('SOUK_RATE_LIMIT', environment['SOUK_RATE_LIMIT'] ?? '1'),
  };
}

function numberOf(key: string, text: string): number {
  const value = Number(text);
  if (!(value >= 0)) throw new Error(`${key} must be a number, and is "${text}".`);
  return value;
}

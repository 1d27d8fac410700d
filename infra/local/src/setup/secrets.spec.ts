import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { openSecrets } from './secrets.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'souk-secrets-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

const wanted = { services: ['order', 'payment'], databaseRoles: ['order'] };
const plain = (secrets: ReturnType<typeof openSecrets>): unknown => JSON.parse(JSON.stringify(secrets));

describe('openSecrets', () => {
  it('keeps what it made', () => {
    expect(plain(openSecrets(folder, wanted))).toEqual(plain(openSecrets(folder, wanted)));
  });

  it('is readable by its owner only', () => {
    const secrets = openSecrets(folder, wanted);
    for (const file of [secrets.jwksFile, secrets.serviceKeyFile('order'), join(folder, 'admin-password')]) {
      expect(statSync(file).mode & 0o077).toBe(0);
    }
  });

  it('takes a password given from outside in place of its own', () => {
    openSecrets(folder, wanted);
    expect(openSecrets(folder, { ...wanted, adminPassword: 'given' }).adminPassword).toBe('given');
    expect(openSecrets(folder, wanted).adminPassword).toBe('given');
  });

  it('gives each service a token of its own, and the registry a list of them with that of an operator', () => {
    const secrets = openSecrets(folder, wanted);
    const tokens = JSON.parse(readFileSync(secrets.registryTokensFile, 'utf8')) as Record<string, string>;
    expect(tokens).toEqual({
      [readFileSync(secrets.registryTokenFile('order'), 'utf8')]: 'order',
      [readFileSync(secrets.registryTokenFile('payment'), 'utf8')]: 'payment',
      [secrets.registryOperatorToken]: '*',
    });
    expect(statSync(secrets.registryTokensFile).mode & 0o077).toBe(0);
  });

  it('publishes no private part, and a key per service', () => {
    const { keys } = JSON.parse(readFileSync(openSecrets(folder, wanted).jwksFile, 'utf8')) as {
      keys: object[];
    };
    expect(keys).toEqual([
      expect.objectContaining({ kid: 'order', crv: 'P-256', alg: 'ES256' }),
      expect.objectContaining({ kid: 'payment' }),
    ]);
    expect(keys.some((key) => 'd' in key)).toBe(false);
  });
});

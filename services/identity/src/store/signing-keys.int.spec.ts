import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import {
  databaseUrl,
  migrate,
  provision,
  removePostgresData,
  startPostgres,
  type RunningPostgres,
} from '@souk/postgres';
import pg from 'pg';
import { createSigningKeys, type SigningKeys } from './signing-keys.js';

const passwords = { identity: 'i', migrator: 'm', verifier: 'v', events: 'e' };
const secret = Buffer.alloc(32, 7).toString('base64');
const hourMs = 3_600_000;

let folder: string;
let postgres: RunningPostgres;
let pool: pg.Pool;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'souk-identity-'));
  postgres = await startPostgres({ dataDir: join(folder, 'pg'), logFile: join(folder, 'pg.log') });
  await provision(postgres.superuserUrl, [{ name: 'identity', database: 'souk_identity' }], passwords);
  const as = (role: 'identity' | 'migrator') =>
    databaseUrl(postgres.superuserUrl, { role, database: 'souk_identity', password: passwords[role] });
  await migrate({
    url: as('migrator'),
    migrationsDir: join(import.meta.dirname, '../../prisma/migrations'),
  });
  pool = new pg.Pool({ connectionString: as('identity') });
});

afterEach(() => {
  jest.restoreAllMocks();
});

afterAll(async () => {
  await pool.end();
  await postgres.stop();
  await removePostgresData(join(folder, 'pg'));
  await rm(folder, { recursive: true });
});

const opened = async (): Promise<SigningKeys> => {
  const keys = createSigningKeys(pool, secret);
  await keys.refresh();
  return keys;
};

const believing = (offMs: number): void => {
  const now = Date.now.bind(Date);
  jest.spyOn(Date, 'now').mockImplementation(() => now() + offMs);
};

describe('the signing keys', () => {
  it.each([-hourMs, hourMs, -48 * hourMs, 48 * hourMs])(
    'are the same for an instance whose clock is off by %d ms',
    async (offMs) => {
      const { kid } = (await opened()).current();
      believing(offMs);
      const skewed = await opened();
      expect(skewed.current().kid).toBe(kid);
      expect(skewed.published().keys).toHaveLength(1);
    },
  );
});

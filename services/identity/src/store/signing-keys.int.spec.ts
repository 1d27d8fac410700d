import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { startServiceDatabase, type ServiceDatabase } from '@souk/postgres/testing';
import pg from 'pg';
import { createSigningKeys, type SigningKeys } from './signing-keys.js';

const secret = Buffer.alloc(32, 7).toString('base64');
const hourMs = 3_600_000;

let database: ServiceDatabase;
let pool: pg.Pool;

beforeAll(async () => {
  database = await startServiceDatabase('identity');
  pool = new pg.Pool({ connectionString: database.url });
});

afterEach(() => {
  jest.restoreAllMocks();
});

afterAll(async () => {
  await pool.end();
  await database.stop();
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

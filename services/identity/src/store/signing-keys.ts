import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPair,
  type JsonWebKey,
  type KeyObject,
} from 'node:crypto';
import { promisify } from 'node:util';
import type { Jwks, SigningKey } from '@souk/comms/auth';
import { ServiceError } from '@souk/comms/errors';
import type pg from 'pg';
import { publishBeforeMs, schedule } from '../domain/key-schedule.js';
import { seal, unseal } from './sealing.js';

/** The keys that sign access tokens, kept in the database so that every instance has the same. */
export interface SigningKeys {
  /** Makes, publishes and retires keys as the schedule says, and reads them anew. */
  refresh(): Promise<void>;
  current(): SigningKey;
  published(): Jwks;
  publicKey(kid: string): KeyObject | undefined;
}

interface Row {
  readonly kid: string;
  readonly public_jwk: JsonWebKey;
  readonly private_sealed: Buffer;
  readonly signs_from: Date;
  readonly created_at: Date;
}

interface Loaded {
  readonly signing: SigningKey;
  readonly jwks: Jwks;
  readonly publicKeys: ReadonlyMap<string, KeyObject>;
}

/** Held while keys are made, so that two instances that start at once make one key. */
const advisoryLock = 7_311_001;

export function createSigningKeys(pool: pg.Pool, secret: string): SigningKeys {
  let loaded: Loaded | undefined;
  const now = () => {
    if (!loaded) throw new ServiceError('unavailable', 'The signing keys are not loaded yet.');
    return loaded;
  };
  return {
    refresh: async () => {
      loaded = load(await keepSchedule(pool, secret), secret);
    },
    current: () => now().signing,
    published: () => now().jwks,
    publicKey: (kid) => now().publicKeys.get(kid),
  };
}

interface Kept {
  readonly rows: readonly Row[];
  /** By the database's clock: keys are everybody's, and an instance's own clock may be wrong. */
  readonly atMs: number;
}

async function keepSchedule(pool: pg.Pool, secret: string): Promise<Kept> {
  const client = await pool.connect();
  try {
    await client.query('begin');
    await client.query('select pg_advisory_xact_lock($1)', [advisoryLock]);
    const atMs = await databaseNowMs(client);
    const before = await read(client);
    const { isNewDue, retired } = schedule(before.map(datesOf), atMs);
    if (retired.length > 0) await client.query('delete from signing_key where kid = any($1)', [retired]);
    if (isNewDue) await insertKey(client, secret, before.length === 0 ? 0 : publishBeforeMs);
    const rows = await read(client);
    await client.query('commit');
    return { rows, atMs };
  } catch (error) {
    await client.query('rollback');
    throw error;
  } finally {
    client.release();
  }
}

const datesOf = ({ kid, created_at, signs_from }: Row) => ({
  kid,
  createdAtMs: created_at.getTime(),
  signsFromMs: signs_from.getTime(),
});

async function databaseNowMs(client: pg.PoolClient): Promise<number> {
  const { rows } = await client.query<{ now: Date }>('select now()');
  return rows[0]?.now.getTime() ?? NaN;
}

async function read(client: pg.PoolClient): Promise<Row[]> {
  const { rows } = await client.query<Row>('select * from signing_key order by signs_from');
  return rows;
}

async function insertKey(client: pg.PoolClient, secret: string, signsInMs: number): Promise<void> {
  const { publicKey, privateKey } = await promisify(generateKeyPair)('rsa', { modulusLength: 2048 });
  const jwk = publicKey.export({ format: 'jwk' });
  const kid = createHash('sha256')
    .update(publicKey.export({ type: 'spki', format: 'der' }))
    .digest('base64url')
    .slice(0, 16);
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' });
  await client.query(
    `insert into signing_key (kid, public_jwk, private_sealed, signs_from)
     values ($1, $2, $3, now() + make_interval(secs => $4))`,
    [
      kid,
      JSON.stringify({ ...jwk, kid, alg: 'RS256', use: 'sig' }),
      seal(secret, pem.toString()),
      signsInMs / 1000,
    ],
  );
}

function load({ rows, atMs }: Kept, secret: string): Loaded {
  const { signs } = schedule(rows.map(datesOf), atMs);
  const row = rows.find(({ kid }) => kid === signs);
  if (!row) throw new Error('No signing key has started yet.');
  return {
    signing: {
      kid: row.kid,
      algorithm: 'RS256',
      privateKey: createPrivateKey(unseal(secret, row.private_sealed)),
    },
    jwks: { keys: rows.map(({ public_jwk }) => public_jwk) },
    publicKeys: new Map(
      rows.map(({ kid, public_jwk }) => [kid, createPublicKey({ key: public_jwk, format: 'jwk' })]),
    ),
  };
}

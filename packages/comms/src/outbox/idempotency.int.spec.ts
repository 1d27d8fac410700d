import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type pg from 'pg';
import { ServiceError } from '../errors/index.js';
import { startTestPostgres, type TestPostgres } from '../testing/postgres.js';
import { count, createToyTables } from '../testing/toy.js';
import { gate } from '../testing/until.js';
import {
  createIdempotency,
  fingerprintOf,
  type Claim,
  type Idempotency,
  type Reply,
  type RequestKey,
} from './index.js';

describe('idempotency', () => {
  let postgres: TestPostgres;
  let pool: pg.Pool;
  let idempotency: Idempotency;
  let request: RequestKey;

  beforeAll(async () => {
    postgres = await startTestPostgres();
    pool = await postgres.createServiceDatabase('souk_toy', 50);
    await createToyTables(pool);
    idempotency = createIdempotency(pool);
  });
  beforeEach(() => {
    request = { principal: 'alice', route: 'POST /toys', key: randomUUID(), fingerprint: 'f' };
  });
  afterAll(() => postgres.stop(), 30_000);

  const make = async (claim: Claim): Promise<Reply> => {
    const reply = { status: 201, headers: { location: claim.resourceId }, body: { id: claim.resourceId } };
    await pool.query('insert into toy values ($1, 1, 0) on conflict do nothing', [claim.resourceId]);
    const cause = { kind: 'command', claim, reply } as const;
    const outcome = await count(pool, { id: claim.resourceId, version: 1, by: 1, cause });
    if (outcome !== 'applied') throw new ServiceError('in_flight', outcome);
    return reply;
  };
  const lapse = () =>
    pool.query(`update idempotency set lease_until = now() - interval '1 s' where key = $1`, [request.key]);

  it('runs one of fifty at once and gives the others its reply or in_flight', async () => {
    let runs = 0;
    const all = await Promise.allSettled(
      Array.from({ length: 50 }, () =>
        idempotency.run(request, (claim) => {
          runs += 1;
          return make(claim);
        }),
      ),
    );
    const replies = all.flatMap((one) =>
      one.status === 'fulfilled' ? [JSON.stringify(one.value.body)] : [],
    );
    const refusals = all.flatMap((one) =>
      one.status === 'rejected' ? [ServiceError.from(one.reason).code] : [],
    );
    expect(runs).toBe(1);
    expect(new Set(replies).size).toBe(1);
    expect(new Set([...refusals, 'in_flight'])).toEqual(new Set(['in_flight']));
    const again = await idempotency.run(request, () => Promise.reject(new Error('ran twice')));
    expect(JSON.stringify(again.body)).toBe(replies[0]);
  });

  it('refuses the key for another request, and knows the same one however its members are ordered', async () => {
    const one = fingerprintOf('POST', '/toys', { a: 1, b: [{ c: 2, d: null }] });
    expect(fingerprintOf('POST', '/toys', { b: [{ d: null, c: 2 }], a: 1 })).toBe(one);
    expect(fingerprintOf('POST', '/toys', { a: 1, b: [{ c: 3, d: null }] })).not.toBe(one);
    expect(fingerprintOf('PUT', '/toys', { a: 1, b: [{ c: 2, d: null }] })).not.toBe(one);
    await idempotency.run({ ...request, fingerprint: one }, make);
    const other = idempotency.run({ ...request, fingerprint: 'other' }, make);
    await expect(other).rejects.toMatchObject({ code: 'idempotency_key_reused' });
    const stranger = await idempotency.run({ ...request, principal: 'bob', fingerprint: 'other' }, make);
    expect(stranger.status).toBe(201);
  });

  it('lets the same resource be made by who takes a lapsed lease over, and no more by the slow owner', async () => {
    const [begun, held] = [gate(), gate()];
    let first = '';
    const slow = idempotency.run(request, async (claim) => {
      first = claim.resourceId;
      begun.open();
      await held.opened;
      return make(claim);
    });
    const refused = expect(slow).rejects.toMatchObject({ code: 'in_flight', message: 'lease-lost' });
    await begun.opened;
    await expect(idempotency.run(request, make)).rejects.toMatchObject({
      code: 'in_flight',
      retryAfterSeconds: 1,
    });
    await lapse();
    const [second] = await Promise.all([
      idempotency.run(request, async (claim) => {
        expect(claim.resourceId).toBe(first);
        held.open();
        await refused;
        return make(claim);
      }),
    ]);
    expect(second.body).toEqual({ id: first });
    const toys = await pool.query('select version, total from toy where id = $1', [first]);
    expect(toys.rows).toEqual([{ version: 2, total: 1 }]);
  });

  it('lets one of many take a lapsed lease over', async () => {
    await expect(
      idempotency.run(request, () => Promise.reject(new ServiceError('internal', 'x'))),
    ).rejects.toThrow();
    let runs = 0;
    const held = gate();
    const all = Array.from({ length: 20 }, () =>
      idempotency.run(request, async (claim) => {
        runs += 1;
        await held.opened;
        return make(claim);
      }),
    );
    const refusals = all.map((one) =>
      one.then(
        () => '',
        (error: unknown) => ServiceError.from(error).code,
      ),
    );
    await Promise.race(all.map((one) => one.catch(() => undefined)));
    held.open();
    expect((await Promise.all(refusals)).filter((code) => code === '')).toHaveLength(1);
    expect(runs).toBe(1);
  });

  it('frees the key after a refusal and keeps the resource id after a failure of ours', async () => {
    const ids: string[] = [];
    const fail = (code: 'conflict' | 'unavailable') => (claim: Claim) => {
      ids.push(claim.resourceId);
      return Promise.reject(new ServiceError(code, code));
    };
    await expect(idempotency.run(request, fail('conflict'))).rejects.toMatchObject({ code: 'conflict' });
    await expect(
      idempotency.run({ ...request, fingerprint: 'mended' }, fail('unavailable')),
    ).rejects.toMatchObject({ code: 'unavailable' });
    const reply = await idempotency.run({ ...request, fingerprint: 'mended' }, make);
    expect(ids[1]).not.toBe(ids[0]);
    expect(reply.body).toEqual({ id: ids[1] });
  });

  it('keeps the reply when what came after the write failed', async () => {
    const failing = idempotency.run(request, async (claim) => {
      await make(claim);
      throw new ServiceError('conflict', 'too late');
    });
    await expect(failing).rejects.toMatchObject({ code: 'conflict' });
    const stored = await idempotency.run(request, () => Promise.reject(new Error('ran twice')));
    expect(stored.status).toBe(201);
  });

  it('forgets keys after a day', async () => {
    await idempotency.run(request, make);
    await pool.query(`update idempotency set created_at = now() - interval '25 hours' where key = $1`, [
      request.key,
    ]);
    expect(await idempotency.purge()).toBe(1);
  });
});

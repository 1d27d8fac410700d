import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { startTestPostgres, type TestPostgres } from '../../testing/postgres.js';
import { joinGroup, type GroupMember, type Held } from './group.js';
import { localSchema } from './schema.js';

describe("a local group's leases", () => {
  let postgres: TestPostgres;
  let db: pg.Pool;

  beforeAll(async () => {
    postgres = await startTestPostgres();
    db = new pg.Pool({ connectionString: await postgres.createDatabase('souk_events') });
    await db.query(localSchema);
    await db.query(`insert into log_partition (topic, partition) select 't', generate_series(0, 5)`);
  });
  beforeEach(() => db.query('truncate log_group, log_member'));
  afterAll(async () => {
    await db.end();
    await postgres.stop();
  });

  const join = (member: string): GroupMember => joinGroup(db, { group: 'g', member, topics: ['t'] });
  const lapse = () => db.query(`update log_group set lease_until = now() - interval '1 ms'`);
  const of = (held: readonly Held[]) => held.map(({ partition }) => partition).sort();

  it('shares partitions fairly as members come and go, each held once', async () => {
    const [a, b, c] = [join('a'), join('b'), join('c')];
    expect(of(await a.rebalance())).toEqual([0, 1, 2, 3, 4, 5]);
    expect(await b.rebalance()).toEqual([]);
    expect(await a.rebalance()).toHaveLength(3);
    expect(await b.rebalance()).toHaveLength(3);
    await c.rebalance();
    const shares = [await a.rebalance(), await b.rebalance(), await c.rebalance()];
    expect(shares.map(({ length }) => length)).toEqual([2, 2, 2]);
    expect(of(shares.flat())).toEqual([0, 1, 2, 3, 4, 5]);
    await b.leave();
    const left = [await a.rebalance(), await c.rebalance()];
    expect(of(left.flat())).toEqual([0, 1, 2, 3, 4, 5]);
  });

  it('keeps epochs while leases are renewed, and lets many take lapsed ones at once', async () => {
    const a = join('a');
    const first = await a.rebalance();
    expect(await a.rebalance()).toEqual(first);
    await lapse();
    const others = ['b', 'c', 'd', 'e', 'f'].map(join);
    await Promise.all(others.map((member) => member.rebalance()));
    const shares = await Promise.all(others.map((member) => member.rebalance()));
    const held = of(shares.flat());
    expect(new Set(held).size).toBe(held.length);
  });

  it('refuses the commit of who held it before, also when he holds it anew', async () => {
    const [a, b] = [join('a'), join('b')];
    const first = (held: readonly Held[]) => held.find(({ partition }) => partition === 0);
    const before = first(await a.rebalance());
    if (!before) throw new Error('nothing held');
    expect(await a.commit(before, 5n)).toBe(true);
    await lapse();
    await b.rebalance();
    expect(await a.commit(before, 1n)).toBe(false);
    await lapse();
    const now = first(await a.rebalance());
    expect(await a.commit(before, 1n)).toBe(false);
    expect(now && (await a.commit(now, 6n))).toBe(true);
  });
});

import { randomUUID } from 'node:crypto';
import pg from 'pg';

/** Rows that one paid order leaves in all databases: claim, order, line, timeline, payment, ledger, stock, outbox, inbox. */
const rowsPerOrder = { wide: 4, narrow: 34 };

const schema = `
  create table if not exists floor_wide (id uuid primary key, at timestamptz not null default now(), body jsonb not null);
  create table if not exists floor_narrow (id bigint generated always as identity primary key, owner uuid not null, body bytea not null);
  create index if not exists floor_narrow_owner on floor_narrow (owner);`;

const statement = {
  name: 'floor',
  text: `with wide as (
      insert into floor_wide (id, body) select gen_random_uuid(), $2::jsonb from generate_series(1, ${rowsPerOrder.wide})
    )
    insert into floor_narrow (owner, body) select $1, $3 from generate_series(1, ${rowsPerOrder.narrow})`,
};

/**
 * The floor: as many rows as a paid order leaves, written through `pg` alone in one statement on the same server.
 * Nothing can place orders faster that keeps them.
 * @param target.url of a scratch database @returns orders' worth of rows per second
 */
export async function measureFloor(target: {
  url: string;
  inFlight: number;
  seconds: number;
}): Promise<number> {
  const pool = new pg.Pool({ connectionString: target.url, max: target.inFlight });
  await pool.query(schema);
  const body = JSON.stringify({ status: 'paid', address: 'x'.repeat(200) });
  const bytes = Buffer.alloc(120, 1);
  let written = 0;
  const startedAt = performance.now();
  const endAt = startedAt + target.seconds * 1000;
  const writer = async (): Promise<void> => {
    while (performance.now() < endAt) {
      await pool.query({ ...statement, values: [randomUUID(), body, bytes] });
      written += 1;
    }
  };
  await Promise.all(Array.from({ length: target.inFlight }, writer));
  const seconds = (performance.now() - startedAt) / 1000;
  await pool.query('drop table floor_wide, floor_narrow');
  await pool.end();
  return written / seconds;
}

import { setTimeout as delay } from 'node:timers/promises';
import { oneOf } from '@souk/testkit';
import type pg from 'pg';
import { between, stores, type Fault } from './fault.js';

const locked: Readonly<Record<(typeof stores)[number], string>> = {
  identity: 'users',
  product: 'stock',
  order: 'orders',
  payment: 'payment',
};

/** What Postgres says when a write finds no room on its disk: class 53, code disk_full. */
const refuseOutbox = `
  create or replace function chaos_no_room() returns trigger language plpgsql as $$
    begin raise exception 'could not extend file: No space left on device' using errcode = '53100'; end $$;
  create or replace trigger chaos_no_room before insert on outbox for each row execute function chaos_no_room()`;
const acceptOutbox =
  'drop trigger if exists chaos_no_room on outbox; drop function if exists chaos_no_room()';

export const storeFaults: readonly Fault[] = [
  {
    name: 'kill-postgres',
    says: 'Postgres is killed and recovers from its log',
    strike: async ({ system }, random) => {
      await delay(between(random, 0, 500));
      system.kill('postgres');
      return { what: 'postgres' };
    },
  },
  {
    name: 'kill-kafka',
    says: 'Kafka is killed and recovers from its log',
    needsKafka: true,
    strike: async ({ system }, random) => {
      await delay(between(random, 0, 500));
      system.kill('kafka');
      return { what: 'kafka' };
    },
  },
  {
    name: 'pause-kafka',
    says: 'Kafka keeps its connections and says nothing',
    needsKafka: true,
    strike: async ({ system }, random) => {
      const ms = between(random, 2000, 9000);
      system.pause('kafka');
      await delay(ms);
      system.resume('kafka');
      return { what: `for ${String(Math.round(ms / 1000))} s` };
    },
  },
  {
    name: 'terminate-backends',
    says: 'Postgres ends every connection of a service, several times',
    strike: async (ground, random) => {
      const store = oneOf(random, stores);
      for (let round = 0; round < 5; round += 1) {
        await ground.superuser(store).query(
          `select pg_terminate_backend(pid) from pg_stat_activity
            where datname = current_database() and usename = $1`,
          [store],
        );
        await delay(between(random, 50, 400));
      }
      return { what: store };
    },
  },
  {
    name: 'exhaust-pool',
    says: "a table is locked until every connection of a service's pool waits for it",
    strike: async (ground, random) => {
      const store = oneOf(random, stores);
      await inTransaction(ground.superuser(store), async (client) => {
        await client.query(`lock table ${locked[store]} in access exclusive mode`);
        await delay(between(random, 2000, 6000));
      });
      return { what: store };
    },
  },
  {
    name: 'disk-full',
    says: 'the outbox finds no room on the disk',
    strike: async (ground, random) => {
      const store = oneOf(random, ['product', 'order', 'payment']);
      const pool = ground.superuser(store);
      await pool.query(refuseOutbox);
      await delay(between(random, 1000, 4000));
      await pool.query(acceptOutbox);
      return { what: store };
    },
  },
];

async function inTransaction(pool: pg.Pool, work: (client: pg.PoolClient) => Promise<void>): Promise<void> {
  const client = await pool.connect();
  try {
    await client.query('begin');
    await work(client);
  } finally {
    await client.query('rollback');
    client.release();
  }
}

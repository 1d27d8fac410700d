import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { startServiceDatabase, type ServiceDatabase } from '@souk/postgres/testing';
import pg from 'pg';
import { createReservationStore, type ReservationStore } from '../store/reservation-store.js';
import { reserveStock } from './reserve-stock.js';

const onHand = 10;

let database: ServiceDatabase;
let pool: pg.Pool;
let store: ReservationStore;
let productId: string;

beforeAll(async () => {
  database = await startServiceDatabase('product');
  pool = new pg.Pool({ connectionString: database.url });
  store = createReservationStore(pool, () => undefined);
});

afterAll(async () => {
  await pool.end();
  await database.stop();
});

beforeEach(async () => {
  productId = randomUUID();
  await pool.query(
    `insert into product (id, sku, name, description, category, image_url, price_amount, currency)
     values ($1::uuid, $1, 'Tea', '', 'tea', '', 500, 'EUR')`,
    [productId],
  );
  await pool.query('insert into stock (product_id, on_hand) values ($1, $2)', [productId, onHand]);
});

const stock = async (): Promise<unknown> =>
  (await pool.query('select on_hand, reserved from stock where product_id = $1', [productId])).rows[0];

/** Runs `work` while nobody gets at the product's stock, and lets go once so many wait for it. */
async function whileStockIsHeld<T>(waiting: number, work: () => Promise<T>): Promise<T> {
  const holder = await pool.connect();
  try {
    await holder.query('begin');
    await holder.query('select 1 from stock where product_id = $1 for update', [productId]);
    const done = work();
    const deadline = performance.now() + 20_000;
    let count = 0;
    while (count < waiting) {
      if (performance.now() > deadline) throw new Error(`${String(count)} of ${String(waiting)} wait.`);
      await delay(5);
      const { rows } = await pool.query<{ count: number }>(
        `select count(*)::int as count from pg_stat_activity where wait_event_type = 'Lock' and query like '%reservation%'`,
      );
      count = rows[0]?.count ?? 0;
    }
    await holder.query('commit');
    return await done;
  } finally {
    holder.release();
  }
}

describe('reserving stock', () => {
  it('answers a repeat what it answered first, and holds the stock once', async () => {
    const id = randomUUID();
    const first = await reserveStock(store, id, [{ productId, quantity: 3 }]);
    expect(await reserveStock(store, id, [{ productId, quantity: 3 }])).toEqual(first);
    expect(await stock()).toEqual({ on_hand: onHand, reserved: 3 });
  });

  it('makes one reservation of the same call, however many come at the same moment', async () => {
    const id = randomUUID();
    const calls = 5;
    const answers = await whileStockIsHeld(calls, () =>
      Promise.all(Array.from({ length: calls }, () => reserveStock(store, id, [{ productId, quantity: 3 }]))),
    );
    expect(new Set(answers.map((lines) => JSON.stringify(lines))).size).toBe(1);
    expect(await stock()).toEqual({ on_hand: onHand, reserved: 3 });
    const { rows } = await pool.query('select version from outbox where subject = $1', [id]);
    expect(rows).toEqual([{ version: 1 }]);
  });

  it('never holds more than there is, however many ask at the same moment', async () => {
    const calls = 6;
    const results = await whileStockIsHeld(calls, () =>
      Promise.allSettled(
        Array.from({ length: calls }, () => reserveStock(store, randomUUID(), [{ productId, quantity: 3 }])),
      ),
    );
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(3);
    expect(await stock()).toEqual({ on_hand: onHand, reserved: 9 });
  });
});

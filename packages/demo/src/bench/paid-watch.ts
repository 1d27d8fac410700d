import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';

const pollMs = 10;
const patienceMs = 60_000;

/** Tells customers when their orders are paid, all by one small query. */
export interface PaidWatch {
  /** @returns when the order became paid, in epoch milliseconds @throws when it ends otherwise or takes a minute */
  untilPaid(orderId: string): Promise<number>;
  stop(): Promise<void>;
}

interface Waiting {
  readonly resolve: (atMs: number) => void;
  readonly reject: (error: Error) => void;
  readonly giveUpAtMs: number;
}

/** @param orderDatabaseUrl read-only */
export function watchPaid(orderDatabaseUrl: string): PaidWatch {
  const pool = new pg.Pool({ connectionString: orderDatabaseUrl, max: 1 });
  const waiting = new Map<string, Waiting>();
  const stopping = new AbortController();

  const look = async (): Promise<void> => {
    const { rows } = await pool.query<{ order_id: string; status: string; at: Date }>({
      name: 'paid-watch',
      text: `select order_id, status, at from order_timeline
        where order_id = any($1::uuid[]) and is_change and status in ('paid', 'cancelled')`,
      values: [[...waiting.keys()]],
    });
    for (const { order_id: id, status, at } of rows) {
      const entry = waiting.get(id);
      waiting.delete(id);
      if (status === 'paid') entry?.resolve(at.getTime());
      else entry?.reject(new Error(`Order ${id} was ${status}.`));
    }
    for (const [id, entry] of waiting) {
      if (Date.now() < entry.giveUpAtMs) continue;
      waiting.delete(id);
      entry.reject(new Error(`Order ${id} was not paid within a minute.`));
    }
  };
  const loop = (async () => {
    while (!stopping.signal.aborted) {
      if (waiting.size > 0) await look();
      await delay(pollMs);
    }
  })();
  return {
    untilPaid: (orderId) =>
      new Promise((resolve, reject) => {
        waiting.set(orderId, { resolve, reject, giveUpAtMs: Date.now() + patienceMs });
      }),
    stop: async () => {
      stopping.abort();
      await loop;
      await pool.end();
    },
  };
}

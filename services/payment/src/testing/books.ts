import type pg from 'pg';
import type { TestOrder } from './shop.js';

/** Debits less credits over all entries, by currency: anything but zero is wrong. */
export async function imbalance(pool: pg.Pool): Promise<unknown[]> {
  const { rows } = await pool.query<{ currency: string; off: number }>(
    `select currency, sum(case side when 'debit' then amount else -amount end)::int as off
     from entry group by currency having sum(case side when 'debit' then amount else -amount end) <> 0`,
  );
  return rows;
}

/** What one payment has left on each account, debits positive; accounts at zero are left out. */
export async function balancesOf(pool: pg.Pool, { paymentId }: TestOrder): Promise<Record<string, number>> {
  const { rows } = await pool.query<{ code: string; sum: number }>(
    `select a.code, sum(case e.side when 'debit' then e.amount else -e.amount end)::int as sum
     from entry e join transfer t on t.id = e.transfer_id join account a on a.id = e.account_id
     where t.payment_id = $1 group by a.code having sum(case e.side when 'debit' then e.amount else -e.amount end) <> 0`,
    [paymentId],
  );
  return Object.fromEntries(rows.map(({ code, sum }) => [code, sum]));
}

import type pg from 'pg';
import type { BookedPayment } from '../domain/reconciliation.js';

/** Reads payments beside the sums of their ledger entries. */
export interface ReconciliationReader {
  booked(): Promise<BookedPayment[]>;
}

/** Before the first of all UUIDs. */
const beginning = '00000000-0000-0000-0000-000000000000';

/** @param pageSize how many are read at once: one read of them all would hold a snapshot for longer and longer */
export const createReconciliationReader = (pool: pg.Pool, pageSize = 1000): ReconciliationReader => ({
  booked: async () => {
    const booked: BookedPayment[] = [];
    for (;;) {
      const { rows } = await pool.query<BookedPayment>({
        name: 'payment/booked',
        text: `select p.id, p.amount::float8 as amount, p.currency, p.captured::float8 as captured,
            p.refunded::float8 as refunded, p.held, p.wanted is not null as "isOpen",
            coalesce(l.sold, 0)::float8 as "ledgerCaptured", coalesce(l.given, 0)::float8 as "ledgerRefunded"
          from payment p left join lateral (
            select sum(e.amount) filter (where t.kind = 'sale') as sold, sum(e.amount) filter (where t.kind = 'refund') as given
            from transfer t join entry e on e.transfer_id = t.id and e.side = 'debit' where t.payment_id = p.id
          ) l on true
          where p.id > $1 order by p.id limit $2`,
        values: [booked.at(-1)?.id ?? beginning, pageSize],
      });
      booked.push(...rows);
      if (rows.length < pageSize) return booked;
    }
  },
});

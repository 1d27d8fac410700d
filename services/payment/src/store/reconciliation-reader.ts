import type pg from 'pg';
import type { BookedPayment } from '../domain/reconciliation.js';

/** Reads payments beside the sums of their ledger entries. */
export interface ReconciliationReader {
  booked(): Promise<BookedPayment[]>;
}

export const createReconciliationReader = (pool: pg.Pool): ReconciliationReader => ({
  booked: async () => {
    const { rows } = await pool.query<BookedPayment>({
      name: 'payment/booked',
      text: `select p.id, p.amount::float8 as amount, p.currency, p.captured::float8 as captured,
          p.refunded::float8 as refunded, p.held, p.wanted is not null as "isOpen",
          coalesce(l.sold, 0)::float8 as "ledgerCaptured", coalesce(l.given, 0)::float8 as "ledgerRefunded"
        from payment p left join lateral (
          select sum(e.amount) filter (where t.kind = 'sale') as sold, sum(e.amount) filter (where t.kind = 'refund') as given
          from transfer t join entry e on e.transfer_id = t.id and e.side = 'debit' where t.payment_id = p.id
        ) l on true`,
    });
    return rows;
  },
});

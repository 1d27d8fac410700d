import type pg from 'pg';
import type { Side } from '../domain/ledger.js';
import type { Money } from '../domain/payment.js';

export interface AccountView {
  readonly id: string;
  readonly code: string;
  readonly currency: string;
  readonly normalSide: Side;
  /** What stands on its normal side less what stands on the other. */
  readonly balance: Money;
}

export interface EntryView {
  readonly id: string;
  readonly transferId: string;
  readonly paymentId: string;
  readonly kind: string;
  readonly side: Side;
  readonly amount: Money;
  readonly createdAt: string;
}

export interface LedgerReader {
  accounts(query: { after?: string; limit: number }): Promise<AccountView[]>;
  exists(accountId: string): Promise<boolean>;
  /** Newest first; `before` is the last id of the page before. */
  entries(query: { accountId: string; before?: string; limit: number }): Promise<EntryView[]>;
}

export const createLedgerReader = (pool: pg.Pool): LedgerReader => ({
  accounts: async ({ after, limit }) => {
    const { rows } = await pool.query<Omit<AccountView, 'balance'> & { balance: number }>({
      name: 'ledger/accounts',
      text: `select a.id, a.code, a.currency, a.normal_side as "normalSide", coalesce((
            select sum(case when e.side = a.normal_side then e.amount else -e.amount end)
            from entry e where e.account_id = a.id), 0)::float8 as balance
        from account a where $1::uuid is null or a.id > $1 order by a.id limit $2`,
      values: [after, limit],
    });
    return rows.map((row) => ({ ...row, balance: { amount: row.balance, currency: row.currency } }));
  },
  exists: async (accountId) => {
    const { rowCount } = await pool.query('select 1 from account where id = $1', [accountId]);
    return rowCount === 1;
  },
  entries: async ({ accountId, before, limit }) => {
    const { rows } = await pool.query<EntryRow>({
      name: 'ledger/entries',
      text: `select e.id, e.transfer_id as "transferId", t.payment_id as "paymentId", t.kind, e.side,
          e.amount::float8, e.currency, e.created_at as "createdAt"
        from entry e join transfer t on t.id = e.transfer_id
        where e.account_id = $1 and ($2::uuid is null or e.id < $2) order by e.id desc limit $3`,
      values: [accountId, before, limit],
    });
    return rows.map(({ amount, currency, createdAt, ...entry }) => ({
      ...entry,
      amount: { amount, currency },
      createdAt: createdAt.toISOString(),
    }));
  },
});

interface EntryRow extends Omit<EntryView, 'amount' | 'createdAt'> {
  readonly amount: number;
  readonly currency: string;
  readonly createdAt: Date;
}

import { caused, type Bind } from '@souk/comms/outbox';
import { uuidv7 } from 'uuidv7';
import type { Transfer } from '../domain/ledger.js';
import type { PaymentState } from '../domain/payment.js';

/** The inserts of transfers with two entries each. An account that is not there fails the whole statement. */
export function ledgerEffects(
  payment: PaymentState,
  transfers: readonly Transfer[],
  refundId: string | undefined,
): ((bind: Bind) => string)[] {
  const booked = transfers.map((transfer) => ({ ...transfer, id: uuidv7() }));
  const entries = booked.flatMap(({ id: transferId, debit, credit, amount }) => [
    { id: uuidv7(), transferId, code: debit, side: 'debit', amount },
    { id: uuidv7(), transferId, code: credit, side: 'credit', amount },
  ]);
  return [
    (bind) => `insert into transfer (id, payment_id, kind, refund_id)
      select t.id, ${bind(payment.id)}::uuid, t.kind, ${bind(refundId ?? null)}::uuid
      from jsonb_to_recordset(${bind(JSON.stringify(booked))}::jsonb) as t(id uuid, kind text)
      where ${caused}`,
    (bind) => {
      const currency = bind(payment.currency);
      return `insert into entry (id, transfer_id, account_id, side, amount, currency)
        select e.id, e."transferId", a.id, e.side, e.amount, ${currency}::text
        from jsonb_to_recordset(${bind(JSON.stringify(entries))}::jsonb) as e(
          id uuid, "transferId" uuid, code text, side text, amount bigint)
        left join account a on a.code = e.code and a.currency = ${currency}::text
        where ${caused}`;
    },
  ];
}

import {
  caused,
  write,
  type Bind,
  type Cause,
  type Claim,
  type EventCause,
  type Reply,
  type WriteOutcome,
} from '@souk/comms/outbox';
import { currentTraceparent } from '@souk/comms/telemetry';
import type pg from 'pg';
import { accounts } from '../domain/ledger.js';
import type { Decision } from '../domain/decisions.js';
import type { NewPayment, PaymentState, Refund } from '../domain/payment.js';
import { ledgerEffects } from './ledger-effects.js';
import { messageOf } from './messages.js';
import { columns, stateOf, type PaymentRow } from './rows.js';

/** Longer than asking and calling the provider can take together. */
export const leaseSeconds = 12;

/** Who works on the payment after a write: nobody new (`keep`), whoever comes first (`free`), or this owner. */
export type LeaseChange = 'keep' | 'free' | { readonly owner: string };

export interface PaymentStore {
  load(id: string): Promise<PaymentState | undefined>;
  loadByOrder(orderId: string): Promise<PaymentState | undefined>;
  /** @param owner who calls the provider for it at once; undefined leaves it to whoever comes first */
  insert(payment: NewPayment, cause: EventCause, owner: string | undefined): Promise<WriteOutcome>;
  /** Writes what was decided about `payment`, unless it changed since it was read (`stale`). */
  save(
    change: { payment: PaymentState; decision: Decision; lease: LeaseChange },
    cause: Cause,
  ): Promise<WriteOutcome>;
  /** Answers an idempotent request whose effect is there already. */
  answer(claim: Claim, reply: Reply): Promise<WriteOutcome>;
  /** Takes up to `limit` payments that are due for `owner`; their `attempts` count this try. */
  lease(owner: string, limit: number): Promise<PaymentState[]>;
  nextRefund(paymentId: string): Promise<Refund | undefined>;
}

/** @param onWritten told after each write, so that what it made goes out at once */
export function createPaymentStore(pool: pg.Pool, onWritten: () => void): PaymentStore {
  const currencies = new Set<string>();
  const openAccounts = async (currency: string) => {
    if (currencies.has(currency)) return;
    await pool.query(
      `insert into account (code, currency, normal_side)
       select a.code, $1, a."normalSide" from jsonb_to_recordset($2::jsonb) as a(code text, "normalSide" text)
       on conflict do nothing`,
      [currency, JSON.stringify(accounts)],
    );
    currencies.add(currency);
  };
  const run = async (work: Parameters<typeof write>[1]): Promise<WriteOutcome> => {
    const outcome = await write(pool, work);
    if (outcome === 'applied') onWritten();
    return outcome;
  };
  const find = async (column: 'id' | 'order_id', value: string): Promise<PaymentState | undefined> => {
    const { rows } = await pool.query<PaymentRow>({
      name: `payment/by-${column}`,
      text: `select ${columns} from payment where ${column} = $1`,
      values: [value],
    });
    return rows[0] && stateOf(rows[0]);
  };
  return {
    load: (id) => find('id', id),
    loadByOrder: (orderId) => find('order_id', orderId),
    insert: async (payment, cause, owner) => {
      await openAccounts(payment.currency);
      return run({
        name: 'payment/insert',
        cause,
        effects: [insertPayment(payment, owner)],
        messages: [messageOf(payment, { type: 'PaymentStarted' }, 1)],
      });
    },
    save: ({ payment, decision, lease }, cause) => {
      const { event, transfers = [], refund, settled } = decision;
      return run({
        name: 'payment/save',
        cause,
        guard: guardOf(payment),
        effects: [
          updatePayment(payment, decision, lease),
          insertRefund(payment, refund),
          settleRefund(settled),
          ...ledgerEffects(payment, transfers, settled?.refund.id),
        ],
        messages: event ? [messageOf(payment, event, payment.version + 1)] : [],
      });
    },
    answer: (claim, reply) =>
      run({ name: 'payment/answer', cause: { kind: 'command', claim, reply }, effects: [], messages: [] }),
    lease: async (owner, limit) => {
      const { rows } = await pool.query<PaymentRow>({
        name: 'payment/lease',
        text: `update payment set lease_owner = $1, lease_until = now() + interval '${String(leaseSeconds)} seconds',
            attempts = attempts + 1, revision = revision + 1
          where id in (
            select id from payment where wanted is not null and next_attempt_at <= now() and lease_until <= now()
            order by next_attempt_at limit $2 for update skip locked)
          returning ${columns}`,
        values: [owner, limit],
      });
      return rows.map(stateOf);
    },
    nextRefund: async (paymentId) => {
      const { rows } = await pool.query<{ id: string; amount: string; reason: string }>({
        name: 'payment/next-refund',
        text: `select id, amount, reason from refund where payment_id = $1 and status = 'pending' order by id limit 1`,
        values: [paymentId],
      });
      return rows[0] && { ...rows[0], amount: Number(rows[0].amount) };
    },
  };
}

const insertPayment = (payment: NewPayment, owner: string | undefined) => (bind: Bind) => {
  const holder = bind(owner ?? null);
  return `insert into payment (id, order_id, customer_id, amount, currency, token, status, version, wanted, attempts,
      lease_owner, lease_until, traceparent)
    select ${bind(payment.id)}::uuid, ${bind(payment.orderId)}::uuid, ${bind(payment.customerId)}::uuid,
      ${bind(payment.amount)}::bigint, ${bind(payment.currency)}::text, ${bind(payment.token)}::text, 'processing', 1,
      'authorize', case when ${holder}::text is null then 0 else 1 end, ${holder}::text, ${leaseEnd(holder)},
      ${bind(currentTraceparent())}::text
    where ${caused}`;
};

const guardOf = (payment: PaymentState) => (bind: Bind) =>
  `select 1 from payment where id = ${bind(payment.id)}::uuid and revision = ${bind(payment.revision)}::integer for update`;

const updatePayment = (payment: PaymentState, decision: Decision, lease: LeaseChange) => (bind: Bind) => {
  const next = { ...payment, ...decision.changes };
  const keep = `${bind(lease === 'keep')}::boolean`;
  const owner = bind(typeof lease === 'object' ? lease.owner : null);
  return `update payment set status = ${bind(next.status)}::text, captured = ${bind(next.captured)}::bigint,
      refunded = ${bind(next.refunded)}::bigint, refunding = ${bind(next.refunding)}::bigint,
      provider_id = ${bind(next.providerId)}::text, held = ${bind(next.held)}::boolean,
      cancelled = ${bind(next.cancelled)}::boolean, wanted = ${bind(next.wanted)}::text,
      attempts = ${bind(next.attempts)}::integer + case when ${owner}::text is null then 0 else 1 end,
      version = version + ${bind(decision.event ? 1 : 0)}::integer, revision = revision + 1,
      next_attempt_at = case when ${keep} then next_attempt_at
        else now() + make_interval(secs => ${bind(decision.waitSeconds ?? 0)}::double precision) end,
      lease_owner = case when ${keep} then lease_owner else ${owner}::text end,
      lease_until = case when ${keep} then lease_until else ${leaseEnd(owner)} end,
      traceparent = ${bind(currentTraceparent())}::text
    where id = ${bind(payment.id)}::uuid and ${caused}`;
};

const leaseEnd = (owner: string): string =>
  `case when ${owner}::text is null then '-infinity' else now() + interval '${String(leaseSeconds)} seconds' end`;

const insertRefund = (payment: PaymentState, refund: Refund | undefined) => (bind: Bind) =>
  `insert into refund (id, payment_id, amount, currency, status, reason, created_at)
    select r.id, ${bind(payment.id)}::uuid, r.amount, ${bind(payment.currency)}::text, 'pending', r.reason, now()
    from jsonb_to_recordset(${bind(JSON.stringify(refund ? [refund] : []))}::jsonb) as r(id uuid, amount bigint, reason text)
    where ${caused}`;

const settleRefund = (settled: Decision['settled']) => (bind: Bind) =>
  `update refund set status = ${bind(settled?.status ?? null)}::text
    where id = ${bind(settled?.refund.id ?? null)}::uuid and status = 'pending' and ${caused}`;

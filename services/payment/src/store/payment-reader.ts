import type pg from 'pg';
import type { Money, PaymentStatus } from '../domain/payment.js';

/** A payment as its owner sees it. */
export interface PaymentView {
  readonly id: string;
  readonly orderId: string;
  readonly customerId: string;
  readonly amount: Money;
  readonly status: PaymentStatus;
  readonly captured: Money;
  readonly refunded: Money;
  readonly attempts: number;
}

export interface PaymentReader {
  find(id: string): Promise<PaymentView | undefined>;
  /** Newest first. `customerId` narrows to one customer's, `before` is the last id of the page before. */
  list(query: {
    customerId?: string;
    orderId?: string;
    before?: string;
    limit: number;
  }): Promise<PaymentView[]>;
}

const columns = `id, order_id as "orderId", customer_id as "customerId", amount::float8, currency, status,
  captured::float8, refunded::float8, attempts`;

export const createPaymentReader = (pool: pg.Pool): PaymentReader => ({
  find: async (id) => {
    const { rows } = await pool.query<Viewable>({
      name: 'payment/find',
      text: `select ${columns} from payment where id = $1`,
      values: [id],
    });
    return rows[0] && viewOf(rows[0]);
  },
  list: async ({ customerId, orderId, before, limit }) => {
    const { rows } = await pool.query<Viewable>({
      name: 'payment/list',
      text: `select ${columns} from payment
        where ($1::uuid is null or customer_id = $1) and ($2::uuid is null or order_id = $2) and ($3::uuid is null or id < $3)
        order by id desc limit $4`,
      values: [customerId, orderId, before, limit],
    });
    return rows.map(viewOf);
  },
});

interface Viewable {
  readonly id: string;
  readonly orderId: string;
  readonly customerId: string;
  readonly amount: bigint | number;
  readonly currency: string;
  readonly status: string;
  readonly captured: bigint | number;
  readonly refunded: bigint | number;
  readonly attempts: number;
}

export function viewOf(payment: Viewable): PaymentView {
  const { id, orderId, customerId, currency, attempts } = payment;
  const money = (amount: bigint | number): Money => ({ amount: Number(amount), currency });
  return {
    id,
    orderId,
    customerId,
    amount: money(payment.amount),
    status: payment.status as PaymentStatus,
    captured: money(payment.captured),
    refunded: money(payment.refunded),
    attempts,
  };
}

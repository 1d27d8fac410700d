import type { Operation, PaymentState, PaymentStatus } from '../domain/payment.js';

/** A payment's row as pg reads it: its big integers come as text. */
export interface PaymentRow {
  readonly id: string;
  readonly order_id: string;
  readonly customer_id: string;
  readonly amount: string;
  readonly currency: string;
  readonly token: string;
  readonly status: PaymentStatus;
  readonly version: number;
  readonly revision: number;
  readonly captured: string;
  readonly refunded: string;
  readonly refunding: string;
  readonly provider_id: string | null;
  readonly held: boolean;
  readonly cancelled: boolean;
  readonly wanted: Operation | null;
  readonly attempts: number;
  readonly lease_owner: string | null;
  readonly traceparent: string;
}

export const columns = `id, order_id, customer_id, amount, currency, token, status, version, revision, captured,
  refunded, refunding, provider_id, held, cancelled, wanted, attempts, lease_owner, traceparent`;

export const stateOf = (row: PaymentRow): PaymentState => ({
  id: row.id,
  orderId: row.order_id,
  customerId: row.customer_id,
  amount: Number(row.amount),
  currency: row.currency,
  token: row.token,
  status: row.status,
  version: row.version,
  revision: row.revision,
  captured: Number(row.captured),
  refunded: Number(row.refunded),
  refunding: Number(row.refunding),
  providerId: row.provider_id,
  held: row.held,
  cancelled: row.cancelled,
  wanted: row.wanted,
  attempts: row.attempts,
  leaseOwner: row.lease_owner,
  traceparent: row.traceparent,
});

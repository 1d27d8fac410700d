import { transfersOf, type Transfer } from './ledger.js';
import {
  refundable,
  type NewPayment,
  type Operation,
  type PaymentEvent,
  type PaymentState,
  type Refund,
} from './payment.js';

type Mutable = Pick<
  PaymentState,
  | 'status'
  | 'captured'
  | 'refunded'
  | 'refunding'
  | 'providerId'
  | 'cancelled'
  | 'wanted'
  | 'attempts'
  | 'held'
>;

/** What a payment makes of something: nothing at all when `changes` is empty. */
export interface Decision {
  readonly changes: Partial<Mutable>;
  readonly event?: PaymentEvent;
  readonly transfers?: readonly Transfer[];
  /** A refund to write down. */
  readonly refund?: Refund;
  /** The refund that has ended, and how. */
  readonly settled?: { readonly refund: Refund; readonly status: 'succeeded' | 'failed' };
  /** How long to wait before the wanted operation is tried. */
  readonly waitSeconds?: number;
}

/** What is known of an operation once its call is over. `lost`: nothing, not even whether it took effect. */
export type Outcome =
  | { readonly kind: 'authorized'; readonly providerId: string }
  | { readonly kind: 'requires_action'; readonly providerId: string }
  | { readonly kind: 'declined'; readonly reason: string }
  | { readonly kind: 'captured' }
  | { readonly kind: 'voided' }
  | { readonly kind: 'refunded'; readonly refund: Refund }
  | { readonly kind: 'capture_refused'; readonly reason: string }
  | { readonly kind: 'refund_refused'; readonly refund: Refund }
  | { readonly kind: 'lost' };

const longestWaitSeconds = 60;
const nothing: Decision = { changes: {} };
const want = (wanted: Operation | null) => ({ wanted, attempts: 0 });

export const onOrderConfirmed = (payment: PaymentState): Decision =>
  payment.status === 'authorized' && payment.wanted === null && !payment.cancelled
    ? { changes: want('capture') }
    : nothing;

/** Gives back what the provider grants. While a call is under way that is only remembered, and done after it. */
export function onOrderCancelled(payment: PaymentState, refundId: string): Decision {
  const remember: Decision = { changes: { cancelled: true } };
  switch (payment.status) {
    case 'declined':
    case 'voided':
    case 'refunded':
      return nothing;
    case 'processing':
    case 'unknown':
      return remember;
    case 'requires_action':
      return payment.wanted === null ? { changes: { cancelled: true, ...want('void') } } : remember;
    case 'authorized': {
      const isUntouched = payment.wanted === null || (payment.wanted === 'capture' && payment.attempts === 0);
      return isUntouched ? { changes: { cancelled: true, ...want('void') } } : remember;
    }
    case 'captured':
      return payment.wanted === null ? refundRest(payment, { cancelled: true }, refundId) : remember;
  }
}

/** @param refundId the id of the refund that this may make, if the order has ended meanwhile */
export function onOutcome(payment: PaymentState, outcome: Outcome, refundId: string): Decision {
  const after = (changes: Partial<Mutable>, event?: PaymentEvent): Decision => ({
    changes,
    ...(event ? { event, transfers: transfersOf(payment, event) } : {}),
  });
  switch (outcome.kind) {
    case 'lost':
      return {
        changes: { status: 'unknown' },
        waitSeconds: Math.min(longestWaitSeconds, 2 ** Math.max(0, payment.attempts - 1)),
      };
    case 'authorized': {
      const next = payment.cancelled ? want('void') : { wanted: null };
      return after(
        { status: 'authorized', providerId: outcome.providerId, held: true, ...next },
        { type: 'PaymentAuthorized' },
      );
    }
    case 'requires_action': {
      const next = payment.cancelled ? want('void') : { wanted: null };
      const isNews = payment.status !== 'requires_action';
      return after(
        { status: 'requires_action', providerId: outcome.providerId, ...next },
        isNews ? { type: 'PaymentActionRequired' } : undefined,
      );
    }
    case 'declined':
      return after({ status: 'declined', wanted: null }, { type: 'PaymentDeclined', reason: outcome.reason });
    case 'captured': {
      const captured = { status: 'captured', captured: payment.amount, held: false, wanted: null } as const;
      const done = after(captured, { type: 'PaymentCaptured' });
      return payment.cancelled
        ? { ...done, ...refundRest({ ...payment, ...captured }, captured, refundId) }
        : done;
    }
    case 'capture_refused':
      return after(
        { status: 'authorized', ...want(payment.cancelled ? 'void' : null) },
        { type: 'PaymentCaptureFailed', reason: outcome.reason },
      );
    case 'voided':
      return after({ status: 'voided', held: false, wanted: null }, { type: 'PaymentVoided' });
    case 'refunded':
      return afterRefund(payment, outcome.refund, refundId);
    case 'refund_refused': {
      const refunding = payment.refunding - outcome.refund.amount;
      return {
        changes: { status: 'captured', refunding, ...want(refunding > 0 ? 'refund' : null) },
        settled: { refund: outcome.refund, status: 'failed' },
      };
    }
  }
}

/** Undefined when that much cannot be given back. */
export const askRefund = (payment: PaymentState, refund: Refund): Decision | undefined =>
  refund.amount > 0 && refund.amount <= refundable(payment)
    ? {
        changes: {
          refunding: payment.refunding + refund.amount,
          ...(payment.wanted === null ? want('refund') : {}),
        },
        refund,
      }
    : undefined;

function afterRefund(payment: PaymentState, refund: Refund, refundId: string): Decision {
  const refunded = payment.refunded + refund.amount;
  const refunding = payment.refunding - refund.amount;
  const inFull = refunded === payment.captured;
  const changes: Partial<Mutable> = {
    status: inFull ? 'refunded' : 'captured',
    refunded,
    refunding,
    ...want(refunding > 0 ? 'refund' : null),
  };
  const event: PaymentEvent = { type: 'PaymentRefunded', amount: refund.amount, inFull };
  const done: Decision = {
    changes,
    event,
    transfers: transfersOf(payment, event),
    settled: { refund, status: 'succeeded' },
  };
  return payment.cancelled ? { ...done, ...refundRest({ ...payment, ...changes }, changes, refundId) } : done;
}

function refundRest(payment: PaymentState, changes: Partial<Mutable>, id: string): Decision {
  const refund = { id, amount: refundable(payment), reason: 'order cancelled' };
  const asked = askRefund(payment, refund);
  return asked ? { ...asked, changes: { ...changes, ...asked.changes } } : { changes };
}

/** The payment once a decision about it is written. @param owner whose first try of the wanted operation this begins */
export const decided = (payment: PaymentState, decision: Decision, owner: string | null): PaymentState => {
  const next = { ...payment, ...decision.changes };
  return {
    ...next,
    version: payment.version + (decision.event ? 1 : 0),
    revision: payment.revision + 1,
    attempts: owner === null ? next.attempts : next.attempts + 1,
    leaseOwner: owner,
  };
};

/** A payment that was just written down. */
export const started = (
  payment: NewPayment,
  lease: { owner: string; traceparent: string },
): PaymentState => ({
  ...payment,
  status: 'processing',
  version: 1,
  revision: 1,
  captured: 0,
  refunded: 0,
  refunding: 0,
  providerId: null,
  held: false,
  cancelled: false,
  wanted: 'authorize',
  attempts: 1,
  leaseOwner: lease.owner,
  traceparent: lease.traceparent,
});

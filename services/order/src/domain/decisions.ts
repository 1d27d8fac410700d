import type { OrderEvent, OrderState, PaymentStatus } from './order.js';

/** What payment said. */
export type PaymentFact =
  | { readonly type: 'PaymentStarted' }
  | { readonly type: 'PaymentActionRequired' }
  | { readonly type: 'PaymentAuthorized' }
  | { readonly type: 'PaymentDeclined'; readonly reason: string }
  | { readonly type: 'PaymentCaptured' }
  | { readonly type: 'PaymentCaptureFailed'; readonly reason: string }
  | { readonly type: 'PaymentVoided' }
  | { readonly type: 'PaymentRefunded'; readonly inFull: boolean };

export interface Decision {
  /** Undefined when the fact changes nothing of the order's own status. */
  readonly event: OrderEvent | undefined;
  readonly paymentStatus: PaymentStatus;
}

/** What an order makes of a payment's fact. A fact that comes too late is recorded and changes nothing. */
export function onPaymentFact(order: OrderState, fact: PaymentFact): Decision {
  const { status, paymentStatus } = order;
  const only = (next: PaymentStatus): Decision => ({ event: undefined, paymentStatus: next });
  switch (fact.type) {
    case 'PaymentStarted':
      return only(paymentStatus);
    case 'PaymentActionRequired':
      return only('requires_action');
    case 'PaymentAuthorized':
      return {
        event: status === 'pending' ? { type: 'OrderConfirmed' } : undefined,
        paymentStatus: 'authorized',
      };
    case 'PaymentDeclined':
      return { event: cancel(order, `payment declined: ${fact.reason}`), paymentStatus: 'declined' };
    case 'PaymentCaptured':
      return { event: status === 'confirmed' ? { type: 'OrderPaid' } : undefined, paymentStatus: 'captured' };
    case 'PaymentCaptureFailed':
      return { event: cancel(order, `capture failed: ${fact.reason}`), paymentStatus };
    case 'PaymentVoided':
      return only('voided');
    case 'PaymentRefunded': {
      const event: OrderEvent | undefined =
        fact.inFull && status === 'paid' ? { type: 'OrderRefunded' } : undefined;
      return { event, paymentStatus: fact.inFull ? 'refunded' : paymentStatus };
    }
  }
}

export const mayCancel = (order: OrderState): boolean =>
  order.status === 'pending' || order.status === 'confirmed';

/** Ends an order that is not paid yet, whoever wants it. Undefined when it is too late. */
export const cancel = (order: OrderState, reason: string): OrderEvent | undefined =>
  mayCancel(order) ? { type: 'OrderCancelled', reason } : undefined;

import { describe, expect, it } from '@jest/globals';
import { cancel, onPaymentFact, type PaymentFact } from './decisions.js';
import type { OrderState, OrderStatus } from './order.js';

const order = (status: OrderStatus): OrderState => ({
  id: 'order',
  customerId: 'customer',
  status,
  version: 1,
  paymentId: 'payment',
  paymentStatus: 'processing',
});
const everyStatus: OrderStatus[] = ['pending', 'confirmed', 'paid', 'cancelled', 'refunded'];

/** The whole table: which event a fact causes in each status; absent means none. */
const table: [PaymentFact, Partial<Record<OrderStatus, string>>][] = [
  [{ type: 'PaymentStarted' }, {}],
  [{ type: 'PaymentActionRequired' }, {}],
  [{ type: 'PaymentAuthorized' }, { pending: 'OrderConfirmed' }],
  [
    { type: 'PaymentDeclined', reason: 'funds' },
    { pending: 'OrderCancelled', confirmed: 'OrderCancelled' },
  ],
  [{ type: 'PaymentCaptured' }, { confirmed: 'OrderPaid' }],
  [
    { type: 'PaymentCaptureFailed', reason: 'gone' },
    { pending: 'OrderCancelled', confirmed: 'OrderCancelled' },
  ],
  [{ type: 'PaymentVoided' }, {}],
  [{ type: 'PaymentRefunded', inFull: true }, { paid: 'OrderRefunded' }],
  [{ type: 'PaymentRefunded', inFull: false }, {}],
];

describe('what an order makes of a payment fact', () => {
  it.each(table)('%j', (fact, expected) => {
    const caused = everyStatus.map((status) => [status, onPaymentFact(order(status), fact).event?.type]);
    expect(caused).toEqual(everyStatus.map((status) => [status, expected[status]]));
  });

  it('knows the payment is given back only when all of it is', () => {
    expect(onPaymentFact(order('paid'), { type: 'PaymentRefunded', inFull: false }).paymentStatus).toBe(
      'processing',
    );
    expect(onPaymentFact(order('paid'), { type: 'PaymentRefunded', inFull: true }).paymentStatus).toBe(
      'refunded',
    );
  });
});

describe('cancelling', () => {
  it.each(everyStatus)('of a %s order', (status) => {
    const possible = status === 'pending' || status === 'confirmed';
    expect(cancel(order(status), 'changed my mind') !== undefined).toBe(possible);
  });
});

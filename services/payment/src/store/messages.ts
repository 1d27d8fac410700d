import { createMessage, type OutboxMessage } from '@souk/comms/outbox';
import {
  PaymentActionRequired,
  PaymentAuthorized,
  PaymentCaptured,
  PaymentCaptureFailed,
  PaymentDeclined,
  PaymentRefunded,
  PaymentStarted,
  PaymentVoided,
} from '@souk/contracts/payment/v1/events';
import type { NewPayment, PaymentEvent } from '../domain/payment.js';

/** @param version the payment's version that the event makes */
export const messageOf = (payment: NewPayment, event: PaymentEvent, version: number): OutboxMessage =>
  createMessage({
    topic: 'payment.events.v1',
    subject: payment.id,
    version,
    type: `souk.payment.v1.${event.type}`,
    payload: payloadOf(payment, event),
  });

function payloadOf(payment: NewPayment, event: PaymentEvent): Uint8Array {
  const ids = { paymentId: payment.id, orderId: payment.orderId };
  const amount = { amount: payment.amount, currency: payment.currency };
  switch (event.type) {
    case 'PaymentStarted':
      return PaymentStarted.encode({ ...ids, amount }).finish();
    case 'PaymentActionRequired':
      return PaymentActionRequired.encode(ids).finish();
    case 'PaymentAuthorized':
      return PaymentAuthorized.encode({ ...ids, amount }).finish();
    case 'PaymentDeclined':
      return PaymentDeclined.encode({ ...ids, reason: event.reason }).finish();
    case 'PaymentCaptured':
      return PaymentCaptured.encode({ ...ids, amount }).finish();
    case 'PaymentCaptureFailed':
      return PaymentCaptureFailed.encode({ ...ids, reason: event.reason }).finish();
    case 'PaymentVoided':
      return PaymentVoided.encode(ids).finish();
    case 'PaymentRefunded':
      return PaymentRefunded.encode({
        ...ids,
        amount: { amount: event.amount, currency: payment.currency },
        inFull: event.inFull,
      }).finish();
  }
}

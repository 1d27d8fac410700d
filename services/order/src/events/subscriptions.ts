import { on, type Envelope } from '@souk/comms/events';
import type { EventCause } from '@souk/comms/outbox';
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
import { StockCommitted, StockReleased, StockReserved } from '@souk/contracts/product/v1/events';
import type { PaymentFact } from '../domain/decisions.js';
import { recordPaymentFact, type RecordPaymentFactDeps } from '../use-cases/record-payment-fact.js';
import { recordStockFact, type StockFact } from '../use-cases/record-stock-fact.js';

const timeOf = (envelope: Envelope): Date => {
  const at = new Date(envelope.time);
  return Number.isNaN(at.getTime()) ? new Date() : at;
};

/** What order listens to, translated for its use cases. */
export function subscriptions(deps: RecordPaymentFactDeps) {
  const payment =
    <T extends { orderId: string }>(fact: (event: T) => PaymentFact) =>
    (event: T, cause: EventCause, envelope: Envelope) =>
      recordPaymentFact(deps, { ...fact(event), orderId: event.orderId, at: timeOf(envelope) }, cause);
  const stock =
    <T extends { reservationId: string }>(
      type: StockFact['type'],
      reason: (event: T) => { reason?: string } = () => ({}),
    ) =>
    (event: T, cause: EventCause, envelope: Envelope) =>
      recordStockFact(
        deps.store,
        { type, orderId: event.reservationId, at: timeOf(envelope), ...reason(event) },
        cause,
      );

  return {
    'payment.events.v1': {
      'souk.payment.v1.PaymentStarted': on(
        PaymentStarted,
        payment(() => ({ type: 'PaymentStarted' })),
      ),
      'souk.payment.v1.PaymentActionRequired': on(
        PaymentActionRequired,
        payment(() => ({ type: 'PaymentActionRequired' })),
      ),
      'souk.payment.v1.PaymentAuthorized': on(
        PaymentAuthorized,
        payment(() => ({ type: 'PaymentAuthorized' })),
      ),
      'souk.payment.v1.PaymentDeclined': on(
        PaymentDeclined,
        payment(({ reason }) => ({ type: 'PaymentDeclined', reason })),
      ),
      'souk.payment.v1.PaymentCaptured': on(
        PaymentCaptured,
        payment(() => ({ type: 'PaymentCaptured' })),
      ),
      'souk.payment.v1.PaymentCaptureFailed': on(
        PaymentCaptureFailed,
        payment(({ reason }) => ({ type: 'PaymentCaptureFailed', reason })),
      ),
      'souk.payment.v1.PaymentVoided': on(
        PaymentVoided,
        payment(() => ({ type: 'PaymentVoided' })),
      ),
      'souk.payment.v1.PaymentRefunded': on(
        PaymentRefunded,
        payment(({ inFull }) => ({ type: 'PaymentRefunded', inFull })),
      ),
    },
    'product.events.v1': {
      'souk.product.v1.StockReserved': on(StockReserved, stock('StockReserved')),
      'souk.product.v1.StockCommitted': on(StockCommitted, stock('StockCommitted')),
      'souk.product.v1.StockReleased': on(
        StockReleased,
        stock('StockReleased', ({ reason }) => ({ reason })),
      ),
    },
  };
}

import { ServiceError } from '@souk/comms/errors';
import type { EventCause, WriteOutcome } from '@souk/comms/outbox';
import { currentTraceparent } from '@souk/comms/telemetry';
import { started } from '../domain/decisions.js';
import type { NewPayment } from '../domain/payment.js';
import type { PaymentStore } from '../store/payment-store.js';
import type { OperationWorker } from './operation-worker.js';

/** Writes the payment down, already leased to this process if a place is free, and leaves the provider to its worker. */
export async function startPayment(
  deps: { store: PaymentStore; worker: OperationWorker },
  payment: NewPayment,
  cause: EventCause,
): Promise<WriteOutcome> {
  if (!(payment.amount > 0))
    throw new ServiceError('invalid_argument', 'An order without a total cannot be paid.');
  const place = deps.worker.reserve();
  try {
    const outcome = await deps.store.insert(payment, cause, place?.owner);
    if (outcome === 'applied')
      place?.work(started(payment, { owner: place.owner, traceparent: currentTraceparent() }));
    return outcome;
  } finally {
    place?.release();
  }
}

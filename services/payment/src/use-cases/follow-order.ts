import { ServiceError } from '@souk/comms/errors';
import type { EventCause, WriteOutcome } from '@souk/comms/outbox';
import { uuidv7 } from 'uuidv7';
import { decided, onOrderCancelled, onOrderConfirmed, type Decision } from '../domain/decisions.js';
import type { PaymentState } from '../domain/payment.js';
import type { PaymentStore } from '../store/payment-store.js';
import type { OperationWorker } from './operation-worker.js';

export interface FollowOrderDeps {
  readonly store: PaymentStore;
  readonly worker: OperationWorker;
}

/** A confirmed order's payment is captured, a cancelled one's is given back. */
export const captureForOrder = (
  deps: FollowOrderDeps,
  orderId: string,
  cause: EventCause,
): Promise<WriteOutcome> => follow(deps, { orderId, cause, decide: onOrderConfirmed });

export const giveBackForOrder = (
  deps: FollowOrderDeps,
  orderId: string,
  cause: EventCause,
): Promise<WriteOutcome> =>
  follow(deps, { orderId, cause, decide: (payment) => onOrderCancelled(payment, uuidv7()) });

async function follow(
  { store, worker }: FollowOrderDeps,
  task: { orderId: string; cause: EventCause; decide: (payment: PaymentState) => Decision },
): Promise<WriteOutcome> {
  const payment = await store.loadByOrder(task.orderId);
  if (!payment) throw new ServiceError('not_found', `Order ${task.orderId} has no payment here.`);
  const decision = task.decide(payment);
  const isNewWork = decision.changes.wanted !== undefined && decision.changes.wanted !== null;
  const place = isNewWork ? worker.reserve() : undefined;
  const lease = isNewWork ? (place ?? 'free') : 'keep';
  try {
    const outcome = await store.save({ payment, decision, lease }, task.cause);
    if (outcome === 'applied') place?.work(decided(payment, decision, place.owner));
    return outcome;
  } finally {
    place?.release();
  }
}

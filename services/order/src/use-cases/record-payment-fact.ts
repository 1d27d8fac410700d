import { currentTraceId } from '@souk/comms/telemetry';
import type { EventCause, WriteOutcome } from '@souk/comms/outbox';
import { ServiceError } from '@souk/comms/errors';
import { onPaymentFact, type PaymentFact } from '../domain/decisions.js';
import { statusAfter } from '../domain/order.js';
import { messageOf } from '../store/messages.js';
import type { OrderStore } from '../store/order-store.js';
import { ownStep } from './own-step.js';

export interface RecordPaymentFactDeps {
  readonly store: OrderStore;
  readonly actionDeadlineSeconds: number;
}

/** Writes what payment said into the order's timeline, and what the order makes of it. */
export async function recordPaymentFact(
  deps: RecordPaymentFactDeps,
  fact: PaymentFact & { readonly orderId: string; readonly at: Date },
  cause: EventCause,
): Promise<WriteOutcome> {
  const order = await deps.store.load(fact.orderId);
  if (!order)
    throw new ServiceError('not_found', `A payment speaks of order ${fact.orderId}, which is not there.`);
  const { event, paymentStatus } = onPaymentFact(order, fact);
  const status = event ? statusAfter(event) : order.status;
  const needsTime = fact.type === 'PaymentActionRequired' || event?.type === 'OrderConfirmed';
  const told = {
    type: fact.type,
    service: 'payment',
    status: order.status,
    isChange: false,
    ...('reason' in fact ? { reason: fact.reason } : {}),
    traceId: currentTraceId() ?? '',
    at: fact.at,
  };
  return deps.store.save(
    {
      order,
      status,
      paymentStatus,
      ...(needsTime ? { deadlineInSeconds: deps.actionDeadlineSeconds } : {}),
      steps: event ? [told, ownStep(event)] : [told],
      messages: event ? [messageOf(order, event)] : [],
    },
    cause,
  );
}

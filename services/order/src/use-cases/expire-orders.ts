import type { Logger } from '@souk/comms/telemetry';
import { cancel } from '../domain/decisions.js';
import { messageOf } from '../store/messages.js';
import type { OrderStore } from '../store/order-store.js';
import { ownStep } from './own-step.js';

const perRound = 100;

/** Cancels orders that are past their deadline, which compensates whatever was done for them. @returns how many */
export async function expireOrders(deps: { store: OrderStore; logger: Logger }): Promise<number> {
  const overdue = await deps.store.overdue(perRound);
  for (const order of overdue) {
    const event = cancel(order, 'out of time');
    if (!event) continue;
    const outcome = await deps.store.save(
      {
        order,
        status: 'cancelled',
        paymentStatus: order.paymentStatus,
        steps: [ownStep(event)],
        messages: [messageOf(order, event)],
      },
      { kind: 'internal' },
    );
    if (outcome === 'applied')
      deps.logger.warn({ order: order.id, was: order.status }, 'an order ran out of time');
  }
  return overdue.length;
}

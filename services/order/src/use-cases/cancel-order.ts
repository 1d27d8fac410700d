import { assertMayRead, type UserPrincipal } from '@souk/comms/auth';
import { ServiceError } from '@souk/comms/errors';
import { fingerprintOf, type Claim, type Idempotency, type Reply } from '@souk/comms/outbox';
import { cancel } from '../domain/decisions.js';
import { messageOf } from '../store/messages.js';
import type { OrderReader, OrderView } from '../store/order-reader.js';
import type { OrderStore } from '../store/order-store.js';
import { ownStep } from './own-step.js';

export interface CancelOrderDeps {
  readonly idempotency: Idempotency;
  readonly store: OrderStore;
  readonly reader: OrderReader;
}

export interface CancelOrder {
  readonly principal: UserPrincipal;
  readonly orderId: string;
  readonly idempotencyKey: string;
}

const triesAgainstRaces = 5;

/** Cancels an order that is not paid yet. Payment voids or refunds and product gives the stock back, by the event. */
export async function cancelOrder(deps: CancelOrderDeps, command: CancelOrder): Promise<Reply> {
  const path = `/api/orders/${command.orderId}/cancel`;
  const request = {
    principal: command.principal.userId,
    route: 'POST /api/orders/:id/cancel',
    key: command.idempotencyKey,
    fingerprint: fingerprintOf('POST', path, null),
  };
  return deps.idempotency.run(request, (claim) => cancelOnce(deps, command, claim));
}

async function cancelOnce(deps: CancelOrderDeps, command: CancelOrder, claim: Claim): Promise<Reply> {
  for (let attempt = 0; attempt < triesAgainstRaces; attempt += 1) {
    const order = await deps.store.load(command.orderId);
    if (!order) throw new ServiceError('not_found', 'No such order.');
    assertMayRead(command.principal, order.customerId, 'order');
    const reason =
      order.customerId === command.principal.userId
        ? 'cancelled by the customer'
        : 'cancelled by an administrator';
    const event = cancel(order, reason);
    if (!event)
      throw new ServiceError('conflict', `An order that is ${order.status} cannot be cancelled any more.`);

    const view = await deps.reader.find(order.id);
    if (view?.version !== order.version) continue;
    const step = ownStep(event);
    const reply = { status: 202, body: cancelledView(view, step.at, reason) };
    const outcome = await deps.store.save(
      {
        order,
        status: 'cancelled',
        paymentStatus: order.paymentStatus,
        steps: [step],
        messages: [messageOf(order, event)],
      },
      { kind: 'command', claim, reply },
    );
    if (outcome === 'applied') return reply;
    if (outcome !== 'stale') break;
  }
  throw new ServiceError('in_flight', 'The order is changing at this moment: ask again.', {
    retryAfterSeconds: 1,
  });
}

const cancelledView = (view: OrderView, at: Date, reason: string): OrderView => ({
  ...view,
  status: 'cancelled',
  version: view.version + 1,
  history: [...view.history, { status: 'cancelled', at: at.toISOString(), reason }],
});

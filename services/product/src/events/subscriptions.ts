import { on } from '@souk/comms/events';
import { OrderCancelled, OrderPaid } from '@souk/contracts/order/v1/events';
import { endReservation, type EndReservationDeps } from '../use-cases/end-reservation.js';

/** What product listens to. */
export const subscriptions = (deps: EndReservationDeps) => ({
  'order.events.v1': {
    'souk.order.v1.OrderPaid': on(OrderPaid, ({ orderId }, cause) =>
      endReservation(deps, { id: orderId, to: 'committed', reason: 'order paid', cause }),
    ),
    'souk.order.v1.OrderCancelled': on(OrderCancelled, ({ orderId, reason }, cause) =>
      endReservation(deps, { id: orderId, to: 'released', reason, cause }),
    ),
  },
});

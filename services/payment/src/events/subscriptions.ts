import { on } from '@souk/comms/events';
import { OrderCancelled, OrderConfirmed, OrderPlaced } from '@souk/contracts/order/v1/events';
import { captureForOrder, giveBackForOrder, type FollowOrderDeps } from '../use-cases/follow-order.js';
import { startPayment } from '../use-cases/start-payment.js';

/** What payment listens to, translated for its use cases. */
export const subscriptions = (deps: FollowOrderDeps) => ({
  'order.events.v1': {
    'souk.order.v1.OrderPlaced': on(
      OrderPlaced,
      ({ paymentId, orderId, customerId, total, paymentToken }, cause) =>
        startPayment(
          deps,
          {
            id: paymentId,
            orderId,
            customerId,
            amount: total?.amount ?? 0,
            currency: total?.currency ?? '',
            token: paymentToken,
          },
          cause,
        ),
    ),
    'souk.order.v1.OrderConfirmed': on(OrderConfirmed, ({ orderId }, cause) =>
      captureForOrder(deps, orderId, cause),
    ),
    'souk.order.v1.OrderCancelled': on(OrderCancelled, ({ orderId }, cause) =>
      giveBackForOrder(deps, orderId, cause),
    ),
  },
});

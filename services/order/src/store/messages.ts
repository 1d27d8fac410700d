import { createMessage, type OutboxMessage } from '@souk/comms/outbox';
import {
  OrderCancelled,
  OrderConfirmed,
  OrderPaid,
  OrderPlaced,
  OrderRefunded,
} from '@souk/contracts/order/v1/events';
import type { NewOrder, OrderEvent, OrderState } from '../domain/order.js';

const topic = 'order.events.v1';

export const placedMessage = (order: NewOrder): OutboxMessage =>
  createMessage({
    topic,
    subject: order.id,
    version: order.version,
    type: 'souk.order.v1.OrderPlaced',
    payload: OrderPlaced.encode({
      orderId: order.id,
      customerId: order.customerId,
      total: order.total,
      paymentToken: order.paymentToken,
      paymentId: order.paymentId,
      lines: order.lines.map((line) => ({ ...line })),
    }).finish(),
  });

/** The message for the order's next version. */
export const messageOf = (order: OrderState, event: OrderEvent): OutboxMessage =>
  createMessage({
    topic,
    subject: order.id,
    version: order.version + 1,
    type: `souk.order.v1.${event.type}`,
    payload: payloadOf(order, event),
  });

function payloadOf({ id: orderId, paymentId }: OrderState, event: OrderEvent): Uint8Array {
  switch (event.type) {
    case 'OrderConfirmed':
      return OrderConfirmed.encode({ orderId, paymentId }).finish();
    case 'OrderPaid':
      return OrderPaid.encode({ orderId, paymentId }).finish();
    case 'OrderCancelled':
      return OrderCancelled.encode({ orderId, reason: event.reason }).finish();
    case 'OrderRefunded':
      return OrderRefunded.encode({ orderId }).finish();
  }
}

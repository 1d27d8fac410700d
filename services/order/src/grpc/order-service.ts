import { ServiceError } from '@souk/comms/errors';
import { isUuid } from '@souk/comms/http';
import type { Callers, Implementation } from '@souk/comms/grpc';
import { OrderStatus, type OrderServiceDefinition } from '@souk/contracts/order/v1';
import type { OrderReader } from '../store/order-reader.js';

const statuses = {
  pending: OrderStatus.PENDING,
  confirmed: OrderStatus.CONFIRMED,
  paid: OrderStatus.PAID,
  cancelled: OrderStatus.CANCELLED,
  refunded: OrderStatus.REFUNDED,
} as const;

/** Which services may ask what. */
export const callers: Callers<OrderServiceDefinition> = { getOrder: ['payment', 'product', 'system'] };

export const orderService = (reader: OrderReader): Implementation<OrderServiceDefinition> => ({
  getOrder: async ({ id }) => {
    if (!isUuid(id)) throw new ServiceError('invalid_argument', 'id must be a UUID.');
    const order = await reader.find(id);
    if (!order) throw new ServiceError('not_found', 'No such order.');
    return {
      id: order.id,
      customerId: order.customerId,
      status: statuses[order.status],
      lines: order.items.map(({ lineTotal: _lineTotal, ...line }) => line),
      total: order.total,
      version: order.version,
    };
  },
});

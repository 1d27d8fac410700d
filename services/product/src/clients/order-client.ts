import type { Service } from '@souk/comms/service';
import { OrderServiceDefinition } from '@souk/contracts/order/v1';

/** What product asks of order. */
export interface OrderClient {
  /** @throws `not_found` */
  statusOf(orderId: string): Promise<string>;
}

export function createOrderClient(service: Service): OrderClient {
  const order = service.grpcClient(OrderServiceDefinition, 'order');
  return { statusOf: async (id) => (await order.getOrder({ id })).status };
}

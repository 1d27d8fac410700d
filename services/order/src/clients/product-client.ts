import { ProductServiceDefinition } from '@souk/contracts/product/v1';
import type { Service } from '@souk/comms/service';
import type { OrderLine } from '../domain/order.js';

/** What an order asks of product. */
export interface ProductClient {
  /** Prices the lines and holds their stock under the order's id; a repeat answers the first reservation. */
  reserve(orderId: string, lines: readonly { productId: string; quantity: number }[]): Promise<OrderLine[]>;
  release(orderId: string): Promise<void>;
}

export function createProductClient(service: Service): ProductClient {
  const product = service.grpcClient(ProductServiceDefinition, 'product');
  return {
    reserve: async (orderId, lines) => {
      const reservation = await product.reserveStock({ reservationId: orderId, lines: [...lines] });
      return reservation.lines.map(({ productId, sku, name, unitPrice, quantity }) => ({
        productId,
        sku,
        name,
        unitPrice: { amount: unitPrice?.amount ?? 0, currency: unitPrice?.currency ?? '' },
        quantity,
      }));
    },
    release: async (orderId) => {
      await product.releaseReservation({ reservationId: orderId });
    },
  };
}

import type { NewOrder } from '../domain/order.js';
import type { OrderView } from '../store/order-reader.js';

/** The view of an order that is about to be written: what reading it afterwards gives. */
export const viewOfNew = (order: NewOrder, createdAt: Date): OrderView => ({
  id: order.id,
  customerId: order.customerId,
  status: order.status,
  items: order.lines.map((line) => ({
    ...line,
    lineTotal: { amount: line.unitPrice.amount * line.quantity, currency: line.unitPrice.currency },
  })),
  total: order.total,
  payment: { id: order.paymentId, status: order.paymentStatus },
  shippingAddress: order.shippingAddress,
  history: [{ status: order.status, at: createdAt.toISOString(), reason: null }],
  createdAt: createdAt.toISOString(),
  version: order.version,
});

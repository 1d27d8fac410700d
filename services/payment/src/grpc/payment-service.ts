import { ServiceError } from '@souk/comms/errors';
import type { Callers, Implementation } from '@souk/comms/grpc';
import { isUuid } from '@souk/comms/http';
import { PaymentStatus, type Payment, type PaymentServiceDefinition } from '@souk/contracts/payment/v1';
import type { PaymentReader, PaymentView } from '../store/payment-reader.js';

const statuses = {
  processing: PaymentStatus.PROCESSING,
  requires_action: PaymentStatus.REQUIRES_ACTION,
  authorized: PaymentStatus.AUTHORIZED,
  captured: PaymentStatus.CAPTURED,
  declined: PaymentStatus.DECLINED,
  voided: PaymentStatus.VOIDED,
  refunded: PaymentStatus.REFUNDED,
  unknown: PaymentStatus.UNKNOWN,
} as const;

/** Which services may ask what. */
export const callers: Callers<PaymentServiceDefinition> = {
  getPayment: ['order', 'system'],
  listPayments: ['order', 'system'],
};

export const paymentService = (reader: PaymentReader): Implementation<PaymentServiceDefinition> => ({
  getPayment: async ({ id }) => {
    assertUuid('id', id);
    const payment = await reader.find(id);
    if (!payment) throw new ServiceError('not_found', 'No such payment.');
    return messageOf(payment);
  },
  listPayments: async ({ orderId, pageSize, pageToken }) => {
    if (orderId !== '') assertUuid('order_id', orderId);
    if (pageToken !== '') assertUuid('page_token', pageToken);
    if (pageSize < 0 || pageSize > 100)
      throw new ServiceError('invalid_argument', 'page_size must be 0 to 100.');
    const limit = pageSize === 0 ? 20 : pageSize;
    const found = await reader.list({
      limit: limit + 1,
      ...(orderId === '' ? {} : { orderId }),
      ...(pageToken === '' ? {} : { before: pageToken }),
    });
    const page = found.slice(0, limit);
    return {
      payments: page.map(messageOf),
      nextPageToken: found.length > limit ? (page.at(-1)?.id ?? '') : '',
    };
  },
});

function assertUuid(name: string, value: string): void {
  if (!isUuid(value)) throw new ServiceError('invalid_argument', `${name} must be a UUID.`);
}

const messageOf = (payment: PaymentView): Payment => ({
  id: payment.id,
  orderId: payment.orderId,
  customerId: payment.customerId,
  amount: payment.amount,
  status: statuses[payment.status],
  captured: payment.captured.amount,
  refunded: payment.refunded.amount,
  attempts: payment.attempts,
});

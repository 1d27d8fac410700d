import type { Money, PaymentStatus } from '../domain/payment.js';
import type { PrismaClient } from '../generated/prisma/client.js';

/** A payment as its owner sees it. */
export interface PaymentView {
  readonly id: string;
  readonly orderId: string;
  readonly customerId: string;
  readonly amount: Money;
  readonly status: PaymentStatus;
  readonly captured: Money;
  readonly refunded: Money;
  readonly attempts: number;
}

export interface PaymentReader {
  find(id: string): Promise<PaymentView | undefined>;
  /** Newest first. `customerId` narrows to one customer's, `before` is the last id of the page before. */
  list(query: {
    customerId?: string;
    orderId?: string;
    before?: string;
    limit: number;
  }): Promise<PaymentView[]>;
}

export const createPaymentReader = (prisma: PrismaClient): PaymentReader => ({
  find: async (id) => {
    const payment = await prisma.payment.findUnique({ where: { id } });
    return payment ? viewOf(payment) : undefined;
  },
  list: async ({ customerId, orderId, before, limit }) => {
    const payments = await prisma.payment.findMany({
      where: {
        ...(customerId === undefined ? {} : { customerId }),
        ...(orderId === undefined ? {} : { orderId }),
        ...(before === undefined ? {} : { id: { lt: before } }),
      },
      orderBy: { id: 'desc' },
      take: limit,
    });
    return payments.map(viewOf);
  },
});

interface Viewable {
  readonly id: string;
  readonly orderId: string;
  readonly customerId: string;
  readonly amount: bigint | number;
  readonly currency: string;
  readonly status: string;
  readonly captured: bigint | number;
  readonly refunded: bigint | number;
  readonly attempts: number;
}

export function viewOf(payment: Viewable): PaymentView {
  const { id, orderId, customerId, currency, attempts } = payment;
  const money = (amount: bigint | number): Money => ({ amount: Number(amount), currency });
  return {
    id,
    orderId,
    customerId,
    amount: money(payment.amount),
    status: payment.status as PaymentStatus,
    captured: money(payment.captured),
    refunded: money(payment.refunded),
    attempts,
  };
}

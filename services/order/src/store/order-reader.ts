import type { PrismaClient } from '../generated/prisma/client.js';
import type { OrderLine, OrderStatus, PaymentStatus, ShippingAddress } from '../domain/order.js';

/** An order as its owner sees it. */
export interface OrderView {
  readonly id: string;
  readonly customerId: string;
  readonly status: OrderStatus;
  readonly items: (OrderLine & {
    readonly lineTotal: { readonly amount: number; readonly currency: string };
  })[];
  readonly total: { readonly amount: number; readonly currency: string };
  readonly payment: { readonly id: string; readonly status: PaymentStatus };
  readonly shippingAddress: ShippingAddress;
  readonly history: { readonly status: OrderStatus; readonly at: string; readonly reason: string | null }[];
  readonly createdAt: string;
  readonly version: number;
}

export interface OrderReader {
  find(id: string): Promise<OrderView | undefined>;
  /** Newest first. `customerId` narrows to one customer's, `before` is the last id of the page before. */
  list(query: { customerId?: string; before?: string; limit: number }): Promise<OrderView[]>;
}

export function createOrderReader(prisma: PrismaClient): OrderReader {
  const withHistory = async (orders: readonly OrderRow[]): Promise<OrderView[]> => {
    const steps = await prisma.orderTimeline.findMany({
      where: { orderId: { in: orders.map(({ id }) => id) }, isChange: true },
      orderBy: { sequence: 'asc' },
    });
    return orders.map((order) =>
      viewOf(
        order,
        steps.filter(({ orderId }) => orderId === order.id),
      ),
    );
  };
  return {
    find: async (id) => {
      const order = await prisma.order.findUnique({
        where: { id },
        include: { lines: { orderBy: { line: 'asc' } } },
      });
      return order ? (await withHistory([order]))[0] : undefined;
    },
    list: async ({ customerId, before, limit }) =>
      withHistory(
        await prisma.order.findMany({
          where: {
            ...(customerId === undefined ? {} : { customerId }),
            ...(before === undefined ? {} : { id: { lt: before } }),
          },
          include: { lines: { orderBy: { line: 'asc' } } },
          orderBy: { id: 'desc' },
          take: limit,
        }),
      ),
  };
}

type OrderRow = NonNullable<Awaited<ReturnType<PrismaClient['order']['findUnique']>>> & { lines: LineRow[] };
type LineRow = NonNullable<Awaited<ReturnType<PrismaClient['orderLine']['findUnique']>>>;
type StepRow = NonNullable<Awaited<ReturnType<PrismaClient['orderTimeline']['findUnique']>>>;

function viewOf(order: OrderRow, steps: readonly StepRow[]): OrderView {
  const { currency } = order;
  return {
    id: order.id,
    customerId: order.customerId,
    status: order.status as OrderStatus,
    items: order.lines.map(({ productId, sku, name, unitPrice, quantity }) => ({
      productId,
      sku,
      name,
      unitPrice: { amount: Number(unitPrice), currency },
      quantity,
      lineTotal: { amount: Number(unitPrice) * quantity, currency },
    })),
    total: { amount: Number(order.totalAmount), currency },
    payment: { id: order.paymentId, status: order.paymentStatus as PaymentStatus },
    shippingAddress: order.shippingAddress as unknown as ShippingAddress,
    history: steps.map(({ status, at, reason }) => ({
      status: status as OrderStatus,
      at: at.toISOString(),
      reason,
    })),
    createdAt: order.createdAt.toISOString(),
    version: order.version,
  };
}

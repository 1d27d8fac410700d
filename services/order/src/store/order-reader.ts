import type pg from 'pg';
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

const select = `select o.id, o.customer_id, o.status, o.version, o.total_amount::float8, o.currency, o.payment_id,
    o.payment_status, o.shipping_address, o.created_at,
    (select json_agg(json_build_object('productId', l.product_id, 'sku', l.sku, 'name', l.name,
        'unitPrice', l.unit_price, 'quantity', l.quantity) order by l.line)
      from order_line l where l.order_id = o.id) as lines,
    (select json_agg(json_build_object('status', t.status, 'at', t.at, 'reason', t.reason) order by t.sequence)
      from order_timeline t where t.order_id = o.id and t.is_change) as history
  from orders o`;

export const createOrderReader = (pool: pg.Pool): OrderReader => ({
  find: async (id) => {
    const { rows } = await pool.query<Row>({
      name: 'order/find',
      text: `${select} where o.id = $1`,
      values: [id],
    });
    return rows[0] && viewOf(rows[0]);
  },
  list: async ({ customerId, before, limit }) => {
    const { rows } = await pool.query<Row>({
      name: 'order/list',
      text: `${select} where ($1::uuid is null or o.customer_id = $1) and ($2::uuid is null or o.id < $2)
        order by o.id desc limit $3`,
      values: [customerId, before, limit],
    });
    return rows.map(viewOf);
  },
});

interface Row {
  readonly id: string;
  readonly customer_id: string;
  readonly status: OrderStatus;
  readonly version: number;
  readonly total_amount: number;
  readonly currency: string;
  readonly payment_id: string;
  readonly payment_status: PaymentStatus;
  readonly shipping_address: ShippingAddress;
  readonly created_at: Date;
  readonly lines: readonly (Omit<OrderLine, 'unitPrice'> & { readonly unitPrice: number })[];
  readonly history: readonly {
    readonly status: OrderStatus;
    readonly at: string;
    readonly reason: string | null;
  }[];
}

const viewOf = (row: Row): OrderView => {
  const money = (amount: number) => ({ amount, currency: row.currency });
  return {
    id: row.id,
    customerId: row.customer_id,
    status: row.status,
    items: row.lines.map((line) => ({
      ...line,
      unitPrice: money(line.unitPrice),
      lineTotal: money(line.unitPrice * line.quantity),
    })),
    total: money(row.total_amount),
    payment: { id: row.payment_id, status: row.payment_status },
    shippingAddress: row.shipping_address,
    history: row.history.map(({ status, at, reason }) => ({
      status,
      at: new Date(at).toISOString(),
      reason,
    })),
    createdAt: row.created_at.toISOString(),
    version: row.version,
  };
};

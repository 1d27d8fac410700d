import {
  caused,
  recordset,
  write,
  type Bind,
  type Cause,
  type OutboxMessage,
  type WriteOutcome,
} from '@souk/comms/outbox';
import type pg from 'pg';
import type { NewOrder, OrderState, OrderStatus, PaymentStatus } from '../domain/order.js';
import { appendSteps, isTimelineRace, type TimelineStep } from './timeline.js';

/** What a decision changes of an order that is there. */
export interface OrderChange {
  readonly order: OrderState;
  readonly status: OrderStatus;
  readonly paymentStatus: PaymentStatus;
  /** The order's new deadline, as seconds from now on the database's clock. */
  readonly deadlineInSeconds?: number;
  readonly steps: readonly TimelineStep[];
  readonly messages: readonly OutboxMessage[];
}

export interface OrderStore {
  /** The state that decisions need; undefined when there is no such order. */
  load(id: string): Promise<OrderState | undefined>;
  insert(
    order: NewOrder,
    details: {
      cause: Cause;
      createdAt: Date;
      deadlineInSeconds: number;
      step: TimelineStep;
      message: OutboxMessage;
    },
  ): Promise<WriteOutcome>;
  save(change: OrderChange, cause: Cause): Promise<WriteOutcome>;
  /** Records a step of another service that changes nothing of the order. */
  record(orderId: string, step: TimelineStep, cause: Cause): Promise<WriteOutcome>;
  /** Orders past their deadline and not final. */
  overdue(limit: number): Promise<OrderState[]>;
}

interface Row {
  readonly id: string;
  readonly customer_id: string;
  readonly status: OrderStatus;
  readonly version: number;
  readonly payment_id: string;
  readonly payment_status: PaymentStatus;
}

const columns = 'id, customer_id, status, version, payment_id, payment_status';

/** Steps of one order that are told at the same moment: at most one by each of the three services. */
const triesAgainstRaces = 5;

/** @param onWritten told after each write, so that what it made goes out at once */
export function createOrderStore(pool: pg.Pool, onWritten: () => void): OrderStore {
  const run = async (work: Parameters<typeof write>[1]): Promise<WriteOutcome> => {
    for (let tries = 1; ; tries += 1) {
      try {
        const outcome = await write(pool, work);
        if (outcome === 'applied') onWritten();
        return outcome;
      } catch (error) {
        // Nothing of it was written, and what was decided does not depend on the other step.
        if (!isTimelineRace(error) || tries === triesAgainstRaces) throw error;
      }
    }
  };
  return {
    load: async (id) => {
      const { rows } = await pool.query<Row>({
        name: 'order/load',
        text: `select ${columns} from orders where id = $1`,
        values: [id],
      });
      return rows[0] && stateOf(rows[0]);
    },
    insert: (order, { cause, createdAt, deadlineInSeconds, step, message }) =>
      run({
        name: 'order/insert',
        cause,
        effects: [
          insertOrder(order, createdAt, deadlineInSeconds),
          insertLines(order),
          appendSteps(order.id, [step]),
        ],
        messages: [message],
      }),
    save: (change, cause) =>
      run({
        name: 'order/save',
        cause,
        guard: guardOf(change.order),
        effects: [updateOrder(change), appendSteps(change.order.id, change.steps)],
        messages: change.messages,
      }),
    record: (orderId, step, cause) =>
      run({ name: 'order/record', cause, effects: [appendSteps(orderId, [step])], messages: [] }),
    overdue: async (limit) => {
      const { rows } = await pool.query<Row>({
        name: 'order/overdue',
        text: `select ${columns} from orders where status in ('pending', 'confirmed') and deadline_at < now()
          order by deadline_at limit $1`,
        values: [limit],
      });
      return rows.map(stateOf);
    },
  };
}

const stateOf = (row: Row): OrderState => ({
  id: row.id,
  customerId: row.customer_id,
  status: row.status,
  version: row.version,
  paymentId: row.payment_id,
  paymentStatus: row.payment_status,
});

const insertOrder = (order: NewOrder, createdAt: Date, deadlineInSeconds: number) => (bind: Bind) =>
  `insert into orders (id, customer_id, status, version, total_amount, currency, payment_id, payment_status,
      shipping_address, created_at, deadline_at)
    select ${bind(order.id)}::uuid, ${bind(order.customerId)}::uuid, ${bind(order.status)}::text, ${bind(order.version)}::integer,
      ${bind(order.total.amount)}::bigint, ${bind(order.total.currency)}::text, ${bind(order.paymentId)}::uuid,
      ${bind(order.paymentStatus)}::text, ${bind(JSON.stringify(order.shippingAddress))}::jsonb, ${bind(createdAt)}::timestamptz,
      now() + make_interval(secs => ${bind(deadlineInSeconds)}::double precision)
    where ${caused}`;

const lineColumns = {
  productId: 'uuid',
  sku: 'text',
  name: 'text',
  unitPrice: 'bigint',
  quantity: 'integer',
};

const insertLines = (order: NewOrder) => (bind: Bind) => {
  const lines = order.lines.map(({ productId, sku, name, unitPrice, quantity }) => ({
    productId,
    sku,
    name,
    unitPrice: unitPrice.amount,
    quantity,
  }));
  return `insert into order_line (order_id, line, product_id, sku, name, unit_price, quantity)
    select ${bind(order.id)}::uuid, l.n, l."productId", l.sku, l.name, l."unitPrice", l.quantity
    from ${recordset(bind, lines, { alias: 'l', columns: lineColumns })}
    where ${caused}`;
};

/** Also compares the payment's status: two facts about it must not overwrite each other. */
const guardOf = (order: OrderState) => (bind: Bind) =>
  `select 1 from orders where id = ${bind(order.id)}::uuid and version = ${bind(order.version)}::integer
    and payment_status = ${bind(order.paymentStatus)}::text for update`;

const updateOrder = (change: OrderChange) => (bind: Bind) =>
  `update orders set status = ${bind(change.status)}::text, payment_status = ${bind(change.paymentStatus)}::text,
      version = version + ${bind(change.messages.length)}::integer,
      deadline_at = coalesce(now() + make_interval(secs => ${bind(change.deadlineInSeconds ?? null)}::double precision), deadline_at)
    where id = ${bind(change.order.id)}::uuid and ${caused}`;

import type pg from 'pg';
import type { OrderStatus } from '../domain/order.js';

export interface TimelineEntry {
  readonly sequence: number;
  readonly type: string;
  readonly status: OrderStatus;
  readonly service: string;
  readonly at: string;
  readonly traceId: string;
}

export interface TimelineReader {
  /** New entries of many orders at once, each order's in its sequence. */
  after(
    positions: readonly { orderId: string; after: number }[],
  ): Promise<ReadonlyMap<string, readonly TimelineEntry[]>>;
}

interface Row extends Omit<TimelineEntry, 'at'> {
  readonly orderId: string;
  readonly at: Date;
}

export function createTimelineReader(pool: pg.Pool): TimelineReader {
  return {
    after: async (positions) => {
      const lowest = new Map<string, number>();
      for (const { orderId, after } of positions)
        lowest.set(orderId, Math.min(after, lowest.get(orderId) ?? after));
      const { rows } = await pool.query<Row>({
        name: 'timeline/after',
        text: `select t.order_id as "orderId", t.sequence, t.type, t.status, t.service, t.at, t.trace_id as "traceId"
          from unnest($1::uuid[], $2::integer[]) as s(order_id, after)
          join order_timeline t on t.order_id = s.order_id and t.sequence > s.after
          order by t.order_id, t.sequence`,
        values: [[...lowest.keys()], [...lowest.values()]],
      });
      const entries = new Map<string, TimelineEntry[]>();
      for (const { orderId, at, ...entry } of rows) {
        const ofOrder = entries.get(orderId) ?? [];
        ofOrder.push({ ...entry, at: at.toISOString() });
        entries.set(orderId, ofOrder);
      }
      return entries;
    },
  };
}

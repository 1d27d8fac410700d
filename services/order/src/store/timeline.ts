import { caused, isDuplicate, recordset, type Bind } from '@souk/comms/outbox';
import type { OrderStatus } from '../domain/order.js';

/** One step of an order, told by any service. */
export interface TimelineStep {
  readonly type: string;
  readonly service: string;
  /** The order's status once the step is made; `as it is` when the step itself knows nothing of it. */
  readonly status: OrderStatus | 'as it is';
  readonly isChange: boolean;
  readonly reason?: string;
  readonly traceId: string;
  readonly at: Date;
}

const stepColumns = {
  type: 'text',
  service: 'text',
  status: 'text',
  isChange: 'boolean',
  reason: 'text',
  traceId: 'text',
  at: 'timestamptz',
};

/** Appends steps under the order's own sequence. Two writers at once meet in the primary key: see `isTimelineRace`. */
export const appendSteps =
  (orderId: string, steps: readonly TimelineStep[]) =>
  (bind: Bind): string => {
    const id = bind(orderId);
    return `insert into order_timeline (order_id, sequence, type, service, status, is_change, reason, trace_id, at)
      select ${id}::uuid,
        (select coalesce(max(sequence), 0) from order_timeline where order_id = ${id}::uuid) + s.n,
        s.type, s.service,
        case s.status when 'as it is' then coalesce((select status from orders where id = ${id}::uuid), 'pending') else s.status end,
        s."isChange", s.reason, s."traceId", s.at
      from ${recordset(bind, steps, { alias: 's', columns: stepColumns })}
      where ${caused}`;
  };

/** Did another step take the sequence that this one wanted? Then nothing was written: write again. */
export const isTimelineRace = (error: unknown): boolean => isDuplicate(error, 'order_timeline_pkey');

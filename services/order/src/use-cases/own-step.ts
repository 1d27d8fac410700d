import { currentTraceId } from '@souk/comms/telemetry';
import { statusAfter, type OrderEvent } from '../domain/order.js';
import type { TimelineStep } from '../store/timeline.js';

/** The timeline's step for an event of the order itself. */
export const ownStep = (event: OrderEvent): TimelineStep => ({
  type: event.type,
  service: 'order',
  status: statusAfter(event),
  isChange: true,
  ...('reason' in event ? { reason: event.reason } : {}),
  traceId: currentTraceId() ?? '',
  at: new Date(),
});

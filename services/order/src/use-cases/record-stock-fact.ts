import { currentTraceId } from '@souk/comms/telemetry';
import type { EventCause, WriteOutcome } from '@souk/comms/outbox';
import type { OrderStore } from '../store/order-store.js';

export interface StockFact {
  readonly orderId: string;
  readonly type: 'StockReserved' | 'StockCommitted' | 'StockReleased';
  readonly reason?: string;
  readonly at: Date;
}

/** Writes product's step into the timeline. It may come before the order is written, or without one at all. */
export async function recordStockFact(
  store: OrderStore,
  fact: StockFact,
  cause: EventCause,
): Promise<WriteOutcome> {
  const step = {
    type: fact.type,
    service: 'product',
    status: 'as it is',
    isChange: false,
    ...(fact.reason === undefined ? {} : { reason: fact.reason }),
    traceId: currentTraceId() ?? '',
    at: fact.at,
  } as const;
  return store.record(fact.orderId, step, cause);
}

import type { OrderStep } from './api/event-stream.js';

/** One way that an order's word took from one party to another. */
export interface Hop {
  readonly transport: string;
  readonly from: string;
  readonly to: string;
  readonly what: string;
  /** Since the step before, by the clock of whoever wrote the step down. */
  readonly ms: number;
  readonly traceId: string;
}

/** How each step came about: which transport carried what from whom. */
const causes: Readonly<
  Record<string, { transport: 'gRPC' | 'SQL' | 'events' | 'REST'; from: string; to: string; what: string }>
> = {
  StockReserved: { transport: 'gRPC', from: 'order', to: 'product', what: 'ReserveStock' },
  OrderPlaced: {
    transport: 'SQL',
    from: 'order',
    to: 'order',
    what: 'order, OrderPlaced and reply in one statement',
  },
  PaymentStarted: { transport: 'events', from: 'order', to: 'payment', what: 'OrderPlaced' },
  PaymentAuthorized: { transport: 'REST', from: 'payment', to: 'provider', what: 'authorize' },
  PaymentActionRequired: {
    transport: 'REST',
    from: 'payment',
    to: 'provider',
    what: 'authorize: the customer must confirm',
  },
  PaymentDeclined: { transport: 'REST', from: 'payment', to: 'provider', what: 'authorize: declined' },
  OrderConfirmed: { transport: 'events', from: 'payment', to: 'order', what: 'PaymentAuthorized' },
  PaymentCaptured: {
    transport: 'REST',
    from: 'payment',
    to: 'provider',
    what: 'OrderConfirmed, then capture',
  },
  OrderPaid: { transport: 'events', from: 'payment', to: 'order', what: 'PaymentCaptured' },
  OrderCancelled: { transport: 'events', from: 'payment', to: 'order', what: 'the order ends' },
  PaymentVoided: { transport: 'REST', from: 'payment', to: 'provider', what: 'OrderCancelled, then void' },
  PaymentRefunded: { transport: 'REST', from: 'payment', to: 'provider', what: 'refund' },
  StockCommitted: { transport: 'events', from: 'order', to: 'product', what: 'OrderPaid: the goods leave' },
  StockReleased: {
    transport: 'events',
    from: 'order',
    to: 'product',
    what: 'OrderCancelled: the stock is free again',
  },
};

/** @param times epoch milliseconds of the request and its answer @param times.events the event transport's name */
export function hopsOf(
  steps: readonly OrderStep[],
  times: { startedAt: number; answeredAt: number; events: string },
): Hop[] {
  const inOrder = [...steps].sort((a, b) => Date.parse(a.at) - Date.parse(b.at));
  const first: Hop = {
    transport: 'REST',
    from: 'you',
    to: 'order',
    what: 'POST /api/orders through the gateway, answered 201',
    ms: times.answeredAt - times.startedAt,
    traceId: inOrder[0]?.traceId ?? '',
  };
  let before = times.startedAt;
  const rest = inOrder.map((step) => {
    const cause = causes[step.type] ?? {
      transport: 'events' as const,
      from: '',
      to: step.service,
      what: step.type,
    };
    const at = Date.parse(step.at);
    const hop: Hop = {
      ...cause,
      transport: cause.transport === 'events' ? times.events : cause.transport,
      what: cause.what === step.type ? cause.what : `${cause.what} → ${step.type}`,
      ms: Math.max(0, at - before),
      traceId: step.traceId,
    };
    before = Math.max(before, at);
    return hop;
  });
  return [first, ...rest];
}

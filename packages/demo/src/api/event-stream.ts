/** One step of an order, as its event stream tells it. */
export interface OrderStep {
  readonly id: number;
  readonly type: string;
  readonly status: string;
  readonly service: string;
  readonly at: string;
  readonly traceId: string;
}

/** Follows an order by fetch streaming: EventSource cannot send a token. Ends with the stream, or with `signal`. */
export async function* orderSteps(
  url: string,
  order: { id: string; token: string; signal: AbortSignal; lastEventId?: number },
): AsyncGenerator<OrderStep> {
  const response = await fetch(`${url}/api/orders/${order.id}/events`, {
    signal: order.signal,
    headers: {
      authorization: `Bearer ${order.token}`,
      accept: 'text/event-stream',
      ...(order.lastEventId === undefined ? {} : { 'last-event-id': String(order.lastEventId) }),
    },
  });
  if (!response.ok || !response.body)
    throw new Error(`The event stream answered ${String(response.status)}.`);
  let rest = '';
  for await (const chunk of response.body.pipeThrough(new TextDecoderStream())) {
    const blocks = (rest + chunk).split('\n\n');
    rest = blocks.pop() ?? '';
    for (const block of blocks) {
      const step = parseBlock(block);
      if (step) yield step;
    }
  }
}

/** A block of https://html.spec.whatwg.org/multipage/server-sent-events.html; undefined for a comment. */
function parseBlock(block: string): OrderStep | undefined {
  const fields = new Map(
    block
      .split('\n')
      .filter((line) => !line.startsWith(':'))
      .map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1).trimStart()]),
  );
  const data = fields.get('data');
  if (data === undefined) return undefined;
  return { ...(JSON.parse(data) as Omit<OrderStep, 'id'>), id: Number(fields.get('id')) };
}

/** One event of a text/event-stream. */
export interface StreamEvent {
  readonly id: string | undefined;
  readonly event: string | undefined;
  readonly data: string;
}

/**
 * Reads a stream of events to its end, or until `enough` says so.
 * @throws when it does not answer 200 with text/event-stream, or does not end within the limit
 */
export async function readEvents(
  url: string,
  options: {
    token: string;
    withinMs: number;
    lastEventId?: string;
    enough?: (events: readonly StreamEvent[]) => boolean;
  },
): Promise<StreamEvent[]> {
  const response = await fetch(url, {
    signal: AbortSignal.timeout(options.withinMs),
    headers: {
      authorization: `Bearer ${options.token}`,
      ...(options.lastEventId === undefined ? {} : { 'last-event-id': options.lastEventId }),
    },
  });
  const type = response.headers.get('content-type') ?? '';
  if (response.status !== 200 || !response.body || !type.startsWith('text/event-stream'))
    throw new Error(`The event stream answered ${String(response.status)} as ${type}.`);
  const events: StreamEvent[] = [];
  let rest = '';
  for await (const chunk of response.body.pipeThrough(new TextDecoderStream())) {
    const blocks = (rest + chunk).split('\n\n');
    rest = blocks.pop() ?? '';
    events.push(...blocks.map(parse).filter((event) => event.data !== ''));
    if (options.enough?.(events) === true) break;
  }
  return events;
}

/** https://html.spec.whatwg.org/multipage/server-sent-events.html, without its rare forms. */
function parse(block: string): StreamEvent {
  const fieldOf = (name: string): string | undefined =>
    block
      .split('\n')
      .find((line) => line.startsWith(`${name}: `))
      ?.slice(name.length + 2);
  return { id: fieldOf('id'), event: fieldOf('event'), data: fieldOf('data') ?? '' };
}

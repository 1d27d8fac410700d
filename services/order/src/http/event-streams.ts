import { ServiceError } from '@souk/comms/errors';
import type { FastifyReply, FastifyRequest } from '@souk/comms/http';
import { finalStatuses } from '../domain/order.js';
import type { TimelineEntry, TimelineReader } from '../store/timeline-reader.js';

const beatEveryMs = 15_000;
const lingerAfterFinalMs = 5000;
const idlePollMs = 250;

interface Stream {
  readonly orderId: string;
  readonly reply: FastifyReply;
  readonly untilMs: number;
  after: number;
  beatAtMs: number;
  endAtMs: number;
}

/** The open event streams of this instance, all fed by one query. */
export interface EventStreams {
  /** @throws `invalid_argument` for a Last-Event-ID that is no sequence number */
  open(request: FastifyRequest, reply: FastifyReply, stream: { orderId: string; untilMs: number }): void;
  /** One round: sends what is new, beats, ends what is over. Answers the pause before the next, in milliseconds. */
  pump(): Promise<number>;
  closeAll(): void;
}

export function createEventStreams(timeline: TimelineReader): EventStreams {
  const streams = new Set<Stream>();

  const end = (stream: Stream) => {
    streams.delete(stream);
    stream.reply.raw.end();
  };
  return {
    open: (request, reply, { orderId, untilMs }) => {
      const after = lastEventIdOf(request);
      reply.hijack();
      reply.raw.writeHead(200, {
        'content-type': 'text/event-stream',
        'cache-control': 'no-store',
        'x-accel-buffering': 'no',
        traceparent: String(reply.getHeader('traceparent')),
      });
      reply.raw.flushHeaders();
      const stream: Stream = {
        orderId,
        reply,
        untilMs,
        after,
        beatAtMs: Date.now() + beatEveryMs,
        endAtMs: Infinity,
      };
      streams.add(stream);
      request.raw.on('close', () => {
        streams.delete(stream);
      });
    },
    pump: async () => {
      if (streams.size === 0) return idlePollMs;
      const entries = await timeline.after([...streams].map(({ orderId, after }) => ({ orderId, after })));
      const now = Date.now();
      for (const stream of streams) {
        for (const entry of entries.get(stream.orderId) ?? []) send(stream, entry, now);
        if (now >= stream.beatAtMs) {
          stream.reply.raw.write(': beat\n\n');
          stream.beatAtMs = now + beatEveryMs;
        }
        if (now >= stream.endAtMs || now >= stream.untilMs) end(stream);
      }
      return idlePollMs;
    },
    closeAll: () => {
      for (const stream of streams) end(stream);
    },
  };
}

/** The format of https://html.spec.whatwg.org/multipage/server-sent-events.html. */
function send(stream: Stream, entry: TimelineEntry, now: number): void {
  if (entry.sequence <= stream.after) return;
  const { type, status, service, at, traceId } = entry;
  const data = JSON.stringify({ type, status, service, at, traceId });
  stream.reply.raw.write(`id: ${String(entry.sequence)}\nevent: ${type}\ndata: ${data}\n\n`);
  stream.after = entry.sequence;
  stream.beatAtMs = now + beatEveryMs;
  if (finalStatuses.includes(entry.status) && stream.endAtMs === Infinity)
    stream.endAtMs = now + lingerAfterFinalMs;
}

function lastEventIdOf(request: FastifyRequest): number {
  const header = request.headers['last-event-id'];
  if (header === undefined || header === '') return 0;
  const sequence = Number(header);
  if (!Number.isInteger(sequence) || sequence < 0 || sequence > 2_147_483_647) {
    throw new ServiceError('invalid_argument', 'Last-Event-ID must be the id of an event of this stream.');
  }
  return sequence;
}

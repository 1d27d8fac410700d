import type { Directory, Endpoint } from '@souk/comms/discovery';
import { ServiceError } from '@souk/comms/errors';
import { formatTraceparent, type TraceContext } from '@souk/comms/telemetry';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Place, Visit } from './admission.js';
import { withoutConnectionHeaders } from './connection-headers.js';
import { forwardedHeaders } from './request-headers.js';
import { upstreamFailureOf } from './upstream-failure.js';

const maxAttempts = 3;
const longestAnswerMs = 30_000;
const harmless = new Set(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE']);

export interface ProxyDeps {
  readonly directory: Directory;
  originOf(endpoint: Endpoint, service: string): string;
  /** Sends a problem as the answer. */
  refuse(request: FastifyRequest, reply: FastifyReply, error: ServiceError): void;
}

export interface Errand extends Visit {
  readonly trace: TraceContext;
  readonly place: Place;
}

/**
 * Passes a request on to an instance of the service, and to another one when the first can't be reached and the
 * request may be sent twice: it is idempotent or carries a key. Answers stream through as they come.
 */
export async function passOn(
  deps: ProxyDeps,
  exchange: { request: FastifyRequest; reply: FastifyReply },
  errand: Errand,
): Promise<FastifyReply> {
  const { request, reply } = exchange;
  const picker = await deps.directory.lookup(errand.service);
  const { allowedMs } = errand;
  const repeatable = harmless.has(request.method) || request.headers['idempotency-key'] !== undefined;
  const asked = new Set<string>();

  const attempt = (): void => {
    const spentMs = Math.ceil(performance.now() - errand.arrivedAtMs);
    const remainingMs = allowedMs === undefined ? undefined : allowedMs - spentMs;
    if (remainingMs !== undefined && remainingMs <= 0) {
      deps.refuse(
        request,
        reply,
        new ServiceError('deadline_exceeded', 'The time that the caller allowed is over.'),
      );
      return;
    }
    const lease = picker.pick(asked);
    asked.add(lease.endpoint.id);
    const giveBack = (): void => {
      lease.done('ok');
    };
    reply.raw.once('close', giveBack);
    reply.from(`${deps.originOf(lease.endpoint, errand.service)}${errand.path}`, {
      ...bodyOf(request),
      // Its own retries would ask the same instance again.
      retryDelay: () => null,
      timeout: Math.min(remainingMs ?? longestAnswerMs, longestAnswerMs),
      rewriteRequestHeaders: (_request, headers) =>
        forwardedHeaders(headers, {
          clientAddress: request.ip,
          host: request.headers.host ?? '',
          traceparent: formatTraceparent(errand.trace),
          remainingMs,
        }),
      rewriteHeaders: (headers) => {
        if (reply.raw.closed) errand.place.unheard();
        return withoutConnectionHeaders(headers);
      },
      onError: (_reply, { error }) => {
        reply.raw.off('close', giveBack);
        lease.done('failed');
        const failure = upstreamFailureOf(error, errand.service);
        const again =
          failure.connection &&
          repeatable &&
          asked.size < maxAttempts &&
          picker.endpoints.some(({ id }) => !asked.has(id));
        if (!again) {
          deps.refuse(request, reply, failure.error);
          return;
        }
        try {
          attempt();
        } catch (reason) {
          deps.refuse(request, reply, ServiceError.from(reason));
        }
      },
    });
  };
  attempt();
  return reply;
}

function bodyOf(request: FastifyRequest): { body?: unknown; contentType?: string } {
  if (!(request.body instanceof Buffer) || request.body.length === 0) return {};
  if (request.method === 'GET' || request.method === 'HEAD') return {};
  return { body: request.body, contentType: request.headers['content-type'] ?? 'application/octet-stream' };
}

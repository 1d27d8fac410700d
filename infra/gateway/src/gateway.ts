import replyFrom from '@fastify/reply-from';
import underPressure from '@fastify/under-pressure';
import type { Certificates } from '@souk/comms/auth';
import type { Directory, Endpoint } from '@souk/comms/discovery';
import { problemContentType, retryAfterOf, ServiceError, toProblem } from '@souk/comms/errors';
import { createTlsConnector } from '@souk/comms/http';
import { parseRemainingMs } from '@souk/comms/resilience';
import { childOf, formatTraceparent, parseTraceparent, type TraceContext } from '@souk/comms/telemetry';
import fastify, {
  type FastifyError,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
} from 'fastify';
import { createAdmission, type Place, type Visit } from './admission.js';
import { assertUnambiguous, sentPathOf } from './ambiguity.js';
import { createConnectionLimiter, createRateLimiter } from './limits.js';
import { passOn, type Errand } from './proxy.js';
import type { RouteTable } from './routes.js';
import { refuseUnreadable } from './unreadable.js';

const bodyLimitBytes = 256 * 1024;
/**
 * To each instance: more than an instance works on at once, so that what is too much waits for none here, where nothing
 * limits it, but is refused there; and streams, each of which takes one, leave enough to others.
 */
const upstreamConnections = 2048;
const sweepEveryMs = 10_000;
const healthPath = '/gateway/health';
/**
 * When its own event loop has been so late for a second, whatever it reads has waited, and what it lets in would take
 * from those in time. A burst is over sooner.
 */
const mostBehindMs = 200;
const behindSampledEveryMs = 1000;

export interface GatewayDeps {
  readonly serviceOf: RouteTable;
  readonly directory: Directory;
  /** Scales the limits per client address. */
  readonly rateLimit: number;
  /** A request that has not come in full by then is refused, and its connection closed. 30 s unless told. */
  readonly receiveWithinMs?: number;
  /** How many requests at once each service gets before anything is learned of it. 64 unless told. */
  readonly placesAtFirst?: number;
  /** Given: mutual TLS to the services. */
  readonly certificates?: Certificates | undefined;
}

/** The one door from outside: routes, limits and failover, the same as nginx does in containers. */
export async function createGateway(deps: GatewayDeps): Promise<FastifyInstance> {
  const { receiveWithinMs = 30_000 } = deps;
  const app = fastify({
    bodyLimit: bodyLimitBytes,
    requestTimeout: receiveWithinMs,
    // Node swaps both limits when that of the headers is the longer one.
    http: { headersTimeout: receiveWithinMs, connectionsCheckingInterval: 1000 },
    forceCloseConnections: true,
    routerOptions: { maxParamLength: 4096 },
    clientErrorHandler: refuseUnreadable,
    frameworkErrors: (error, request, reply) => {
      refuse(request, reply, errorOf(error));
    },
  });
  const traces = new WeakMap<FastifyRequest, { trace: TraceContext; arrivedAtMs: number }>();
  const arrivalOf = (request: FastifyRequest) => {
    const known = traces.get(request);
    if (known) return known;
    // It records no span of its own, so that one of its making would be a hole in the caller's trace.
    const trace = parseTraceparent(String(request.headers['traceparent'])) ?? childOf(undefined);
    const arrival = { trace, arrivedAtMs: performance.now() };
    traces.set(request, arrival);
    return arrival;
  };
  const refuse = (request: FastifyRequest, reply: FastifyReply, error: ServiceError): void => {
    sendProblem({ request, reply, trace: arrivalOf(request).trace }, error);
  };

  await app.register(underPressure, {
    maxEventLoopDelay: mostBehindMs,
    sampleInterval: behindSampledEveryMs,
    pressureHandler: (request) => {
      if (request.url === healthPath) return;
      throw new ServiceError('unavailable', 'The gateway has as much to do as it can.', {
        retryAfterSeconds: 1,
      });
    },
  });
  limit(app, deps.rateLimit);
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => {
    done(null, body);
  });
  app.setErrorHandler((error: FastifyError, request, reply) => {
    refuse(request, reply, errorOf(error));
  });
  app.setNotFoundHandler((request, reply) => {
    refuse(request, reply, new ServiceError('not_found', 'There is nothing at this path.'));
  });
  const { certificates } = deps;
  /** Which service was picked at a `host:port`: its certificate is to name it. */
  const serviceAt = new Map<string, string>();
  const originOf = ({ address, port }: Endpoint, service: string) => {
    const host = `${address}:${String(port)}`;
    if (certificates) serviceAt.set(host, service);
    return `${certificates ? 'https' : 'http'}://${host}`;
  };
  await app.register(replyFrom, {
    undici: {
      connections: upstreamConnections,
      pipelining: 1,
      connectTimeout: 2_000,
      headersTimeout: 30_000,
      bodyTimeout: 0,
      ...(certificates
        ? { connect: createTlsConnector(certificates, (host) => serviceAt.get(host) ?? '') }
        : {}),
    } as object,
    disableRequestLogging: true,
    destroyAgent: true,
  });

  app.get(healthPath, () => ({ status: 'ok' }));
  const admission = createAdmission(deps.placesAtFirst);
  const visits = new WeakMap<FastifyRequest, Omit<Errand, 'place'>>();
  const places = new WeakMap<FastifyRequest, Place>();
  const visitOf = (request: FastifyRequest) => {
    const visit = visits.get(request);
    if (!visit) throw new Error('A request came here without having been looked at.');
    return visit;
  };
  app.all(
    '/*',
    {
      onRequest: (request, _reply, done) => {
        const { trace, arrivedAtMs } = arrivalOf(request);
        const visit = { ...destinationOf(request, deps.serviceOf), arrivedAtMs, trace };
        admission.foresee(visit);
        visits.set(request, visit);
        done();
      },
      onSend: async (request, reply) => {
        places.get(request)?.answered(reply.statusCode);
      },
    },
    async (request, reply) => {
      const visit = visitOf(request);
      const place = await admission.enter(visit, (listener) => reply.raw.once('close', listener));
      places.set(request, place);
      return passOn({ directory: deps.directory, refuse, originOf }, { request, reply }, { ...visit, place });
    },
  );
  return app;
}

/** @throws `not_found`, or `invalid_argument` for a request that could be read in two ways */
function destinationOf(request: FastifyRequest, serviceOf: RouteTable): Omit<Visit, 'arrivedAtMs'> {
  assertUnambiguous(request.raw);
  const path = request.url.split('?', 1)[0] ?? '/';
  const service = serviceOf(path);
  if (service === undefined || serviceOf(sentPathOf(path)) !== service)
    throw new ServiceError('not_found', 'There is nothing at this path.');
  const allowedMs = parseRemainingMs(request.headers['x-request-deadline-ms']);
  return { service, method: request.method, path, allowedMs };
}

function limit(app: FastifyInstance, scale: number): void {
  const requests = createRateLimiter(scale);
  const connections = createConnectionLimiter(scale);
  const surplus = new WeakSet<object>();
  app.server.on('connection', (socket) => {
    const address = socket.remoteAddress ?? '';
    if (!connections.enter(address)) surplus.add(socket);
    socket.once('close', () => {
      connections.leave(address);
    });
  });
  app.addHook('onRequest', async (request, reply) => {
    if (request.url === healthPath) return;
    if (surplus.has(request.raw.socket)) {
      void reply.header('connection', 'close');
      throw new ServiceError('too_many_requests', 'Too many connections from this address.');
    }
    const waitSeconds = requests.take(request.ip, performance.now());
    if (waitSeconds > 0) {
      throw new ServiceError('too_many_requests', 'Too many requests from this address.', {
        retryAfterSeconds: waitSeconds,
      });
    }
  });
  const sweeping = setInterval(() => {
    requests.sweep(performance.now());
  }, sweepEveryMs);
  app.addHook('onClose', (_instance, done) => {
    clearInterval(sweeping);
    done();
  });
}

function errorOf(error: FastifyError): ServiceError {
  if (error.code === 'FST_ERR_CTP_BODY_TOO_LARGE') {
    return new ServiceError('payload_too_large', `The body is larger than ${bodyLimitBytes / 1024} KB.`);
  }
  // Its sender left before the end of it.
  const isCutOff = error.code === 'ECONNRESET';
  if (isCutOff || (error.statusCode !== undefined && error.statusCode < 500)) {
    return new ServiceError('invalid_argument', 'The request could not be read.', { cause: error });
  }
  return ServiceError.from(error);
}

function sendProblem(
  exchange: { request: FastifyRequest; reply: FastifyReply; trace: TraceContext },
  error: ServiceError,
): void {
  const { request, reply, trace } = exchange;
  const problem = toProblem(error, { instance: request.url.split('?', 1)[0] ?? '/', traceId: trace.traceId });
  const retryAfter = retryAfterOf(error);
  if (retryAfter !== undefined) void reply.header('retry-after', String(retryAfter));
  void reply
    .code(problem.status)
    .header('traceparent', formatTraceparent(trace))
    .header('content-type', problemContentType)
    .serializer((body: unknown) => JSON.stringify(body))
    .send(problem);
}

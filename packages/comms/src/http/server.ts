import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import fastify, { LogController, type FastifyInstance, type FastifyRequest } from 'fastify';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Server as TlsServer } from 'node:tls';
import {
  createRefusalLog,
  guardTlsServer,
  mutualTlsOptions,
  type Certificates,
  type UserPrincipal,
  type UserVerifier,
} from '../auth/index.js';
import { ServiceError } from '../errors/index.js';
import {
  createLimiter,
  deadlineHeader,
  parseRemainingMs,
  type Limiter,
  type Priority,
} from '../resilience/index.js';
import {
  callFrom,
  callMeasures,
  childOf,
  formatTraceparent,
  parseTraceparent,
  runInCall,
  startSpan,
  type CallContext,
  type Logger,
  type Metrics,
  type Span,
  type SpanFacts,
} from '../telemetry/index.js';
import { authenticate, type Access } from './access.js';
import { addDocuments } from './documents.js';
import { errorHandlerFor, sendProblem } from './error-handler.js';
import { addLimit } from './limit.js';
import { addMetricsRoute } from './metrics-route.js';
import { validatorCompiler } from './validation.js';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Who may call this route; `user` unless given. */
    access?: Access;
    /** Keeps a busy route (health, metrics) out of the log, and out of what a limiter counts. */
    quiet?: boolean;
    /** Stays open for as long as its caller likes: counts against no limit. */
    streams?: boolean;
  }
  interface FastifyRequest {
    call: CallContext;
    span: Span | undefined;
    principal: UserPrincipal | undefined;
  }
}

export type HttpServer = FastifyInstance<
  Server,
  IncomingMessage,
  ServerResponse,
  Logger,
  TypeBoxTypeProvider
>;

export interface HttpServerOptions {
  readonly title: string;
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** Verifies access tokens; a server without it has public routes only. */
  readonly verifyUser?: UserVerifier;
  /** What /openapi.json answers, when it is not the description of this very server. */
  readonly document?: () => Promise<unknown>;
  /** Answers carry `Connection: close` while this says so. */
  readonly isDraining?: () => boolean;
  /** How much this instance takes on at once, over all its doors; one of its own unless given. */
  readonly limiter?: Limiter;
  /** How important its requests are; `order` unless given. */
  readonly priority?: Priority;
  /** Given: mutual TLS only. */
  readonly certificates?: Certificates | undefined;
}

const defaultDeadlineMs = 15_000;
const bodyLimitBytes = 256 * 1024;

/** A Fastify server with the public contract's manners: schemas, problem+json, access, deadlines, traces, metrics. */
export async function createHttpServer(options: HttpServerOptions): Promise<HttpServer> {
  const { logger, certificates } = options;
  const server = fastify({
    ...(certificates ? { https: mutualTlsOptions(certificates) } : {}),
    loggerInstance: logger,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: bodyLimitBytes,
    requestTimeout: 30_000,
    keepAliveTimeout: 75_000,
    forceCloseConnections: 'idle',
    exposeHeadRoutes: false,
    genReqId: () => '',
    routerOptions: { maxParamLength: 200 },
    ajv: {},
    // A path that no router could read passes no hook, so that nothing has opened its call yet.
    frameworkErrors: (error, request, reply) => {
      request.call = callFrom(undefined);
      errorHandlerFor(logger)(error, request, reply);
    },
  }).withTypeProvider<TypeBoxTypeProvider>() as unknown as HttpServer;

  // Bodies are JSON; without this, text would be taken as a string and refused by the schema instead of its type.
  server.removeContentTypeParser('text/plain');
  server.setValidatorCompiler(validatorCompiler);
  server.setErrorHandler(errorHandlerFor(logger));
  server.decorateRequest('principal', undefined);
  server.decorateRequest('span', undefined);
  decorateWithCall(server);
  addCallContext(server);
  addLimit(server, { limiter: options.limiter ?? createLimiter(), priority: options.priority ?? 'order' });
  addAccess(server, options.verifyUser);
  addDraining(server, options.isDraining ?? (() => false));
  addMeasures(server, options);
  server.setNotFoundHandler({ preHandler: [] }, (request, reply) => {
    sendProblem(request, reply, new ServiceError('not_found', 'There is nothing at this path.'));
  });
  await addDocuments(server, options.title, options.document);
  addMetricsRoute(server, options.metrics);
  if (certificates) secure(server, { certificates, logger });
  return server;
}

/** Fastify makes the HTTPS server; who comes in, and with which certificate it answers, is ours. */
function secure(
  server: HttpServer,
  { certificates, logger }: { certificates: Certificates; logger: Logger },
): void {
  const endRenewal = guardTlsServer(server.server as unknown as TlsServer, {
    certificates,
    refusals: createRefusalLog(logger),
    door: 'HTTP',
  });
  server.addHook('onClose', (_server, done) => {
    endRenewal();
    done();
  });
}

/**
 * While it drains each answer closes its connection, also one whose request came before: closing the server closes
 * only connections that are idle at that moment, and would wait for the others until their keep-alive ends.
 */
function addDraining(server: HttpServer, isDraining: () => boolean): void {
  server.addHook('onSend', (_request, reply) => {
    if (isDraining()) void reply.header('connection', 'close');
    return Promise.resolve();
  });
  // What is sent past Fastify, such as an event stream, has no such header.
  server.addHook('onResponse', (_request, _reply, done) => {
    if (isDraining()) {
      setImmediate(() => {
        server.server.closeIdleConnections();
      });
    }
    done();
  });
}

const callKey = Symbol('call');

/** Also a request that no hook has seen has a call. */
function decorateWithCall(server: HttpServer): void {
  const noCall: CallContext = callFrom(undefined);
  type Holder = FastifyRequest & { [callKey]?: CallContext };
  server.decorateRequest('call', {
    getter(this: FastifyRequest) {
      return (this as Holder)[callKey] ?? noCall;
    },
    setter(this: FastifyRequest, call: CallContext) {
      (this as Holder)[callKey] = call;
    },
  });
}

function addCallContext(server: HttpServer): void {
  server.addHook('onRequest', (request, reply, done) => {
    const { traceparent } = request.headers;
    const parent = parseTraceparent(typeof traceparent === 'string' ? traceparent : undefined);
    const span =
      request.routeOptions.config.quiet === true ? undefined : startSpan(parent, () => spanOf(request));
    request.span = span;
    const call: CallContext = { trace: span?.trace ?? childOf(parent) };
    request.call = call;
    void reply.header('traceparent', formatTraceparent(call.trace));
    void reply.header('x-content-type-options', 'nosniff');
    const remaining = readDeadline(request);
    if (remaining instanceof ServiceError) {
      done(remaining);
      return;
    }
    request.call = { ...call, deadlineAtMs: Date.now() + (remaining ?? defaultDeadlineMs) };
    runInCall(request.call, done);
  });
  // The body's parser runs outside the context that the first hook opened.
  server.addHook('preValidation', (request, _reply, done) => {
    runInCall(request.call, done);
  });
}

function addAccess(server: HttpServer, verifyUser: UserVerifier | undefined): void {
  server.addHook('onRequest', (request) => authenticate(request, verifyUser));
}

const spanOf = ({ method, routeOptions }: FastifyRequest): SpanFacts => {
  const route = routeOptions.url ?? 'unmatched';
  return {
    name: `${method} ${route}`,
    kind: 'server',
    attributes: { 'http.request.method': method, 'http.route': route },
  };
};

function readDeadline(request: FastifyRequest): number | undefined | ServiceError {
  try {
    const remaining = parseRemainingMs(request.headers[deadlineHeader]);
    return remaining === 0
      ? new ServiceError('deadline_exceeded', 'No time is left for this request.')
      : remaining;
  } catch (error) {
    return ServiceError.from(error);
  }
}

function addMeasures(server: HttpServer, { logger, metrics }: HttpServerOptions): void {
  const measures = callMeasures(metrics.meter, 'http.server');
  // A line of a request has nothing of what the logger blacks out, and looking for it takes its time.
  const requestLog = logger.child({}, { redact: [] });
  const labels = new Map<string, Readonly<Record<string, string | number>>>();
  const labelsOf = (method: string, route: string, status: number) => {
    const key = `${method} ${route} ${String(status)}`;
    let known = labels.get(key);
    if (!known) {
      known = { 'http.request.method': method, 'http.route': route, 'http.response.status_code': status };
      labels.set(key, known);
    }
    return known;
  };
  server.addHook('onResponse', (request, reply, done) => {
    const { config, url } = request.routeOptions;
    const status = reply.statusCode;
    request.span?.end({
      attributes: { 'http.response.status_code': status },
      error: status >= 500 ? String(status) : undefined,
    });
    const attributes = labelsOf(request.method, url ?? 'unmatched', status);
    measures.durationMs(reply.elapsedTime, attributes);
    measures.requestBytes(Number(request.headers['content-length'] ?? 0), attributes);
    measures.responseBytes(Number(reply.getHeader('content-length') ?? 0), attributes);
    if (config.quiet !== true) {
      const { traceId, spanId } = request.call.trace;
      const ms = Math.round(reply.elapsedTime * 10) / 10;
      // Without its query, which may hold what is nobody's business.
      const path = request.url.split('?', 1)[0];
      requestLog.info(
        { traceId, spanId, method: request.method, path, status: reply.statusCode, ms },
        'http',
      );
    }
    done();
  });
}

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Authenticate } from '../domain/access.js';
import { RegistryError, type RegistryErrorCode } from '../domain/errors.js';
import { readBody } from './body.js';
import type { Exchange, Handler, Reply, Routes } from './exchange.js';
import { createRouter, type Match } from './router.js';
import { redactToken, tokenOf } from './token.js';

const KEEP_ALIVE_MS = 75_000;
const STATUS_OF: Readonly<Record<RegistryErrorCode, number>> = {
  invalid: 400,
  forbidden: 403,
  unknown: 404,
  'too-large': 413,
  'too-many': 429,
  unavailable: 500,
};

export interface ServerOptions {
  readonly routes: Routes;
  /** Sent with every answer. */
  readonly headers: Readonly<Record<string, string>>;
  readonly authenticate: Authenticate;
  /** Whether each request is logged, for debugging. */
  readonly logsRequests: boolean;
  readonly log: {
    debug(details: object, message: string): void;
    error(details: object, message: string): void;
  };
}

/** The HTTP door, not yet listening. */
export function createHttpServer(options: ServerOptions): Server {
  const route = createRouter(options.routes);
  const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS, noDelay: true }, (request, response) => {
    const { path, query } = splitUrl(request.url ?? '/');
    answer(route(path), { request, response, query, authenticate: options.authenticate })
      .catch((error: unknown) => errorReply(error, options))
      // A connection that outlives the listener would hold up the stop.
      .then((reply) => {
        const headers = server.listening ? options.headers : { ...options.headers, Connection: 'close' };
        send(request, response, { reply, query, headers });
        if (options.logsRequests) logRequest(options, request, response);
      })
      .catch((error: unknown) => {
        options.log.error({ err: error }, 'an answer could not be sent');
        response.destroy();
      });
  });
  return server;
}

interface Arrival {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly query: URLSearchParams;
  readonly authenticate: Authenticate;
}

async function answer(match: Match | undefined, arrival: Arrival): Promise<Reply> {
  if (match === undefined) {
    return { status: 404, raw: 'Invalid URL path: not a recognized HTTP API endpoint' };
  }
  const method = arrival.request.method ?? 'GET';
  const allow = Object.keys(match.methods).join(',');
  if (method === 'OPTIONS') return { headers: { Allow: allow } };
  const handler = handlerFor(match, method);
  if (handler === undefined) {
    return { status: 405, headers: { Allow: allow }, raw: `method ${method} not allowed` };
  }
  return handler(toExchange(decodeRest(match.rest), method, arrival));
}

function handlerFor({ methods }: Match, method: string): Handler | undefined {
  return Object.entries(methods).find(([name]) => name === method)?.[1];
}

function toExchange(rest: string, method: string, arrival: Arrival): Exchange {
  const { request, response, query, authenticate } = arrival;
  return {
    principal: authenticate(tokenOf(query, request.headers)),
    method,
    rest,
    query,
    body: () => readBody(request),
    whenGone: (callback) => {
      if (response.closed) callback();
      else response.once('close', callback);
    },
  };
}

function decodeRest(rest: string): string {
  try {
    return decodeURIComponent(rest);
  } catch {
    throw new RegistryError('invalid', 'Invalid URL path: malformed escape');
  }
}

function splitUrl(url: string): { readonly path: string; readonly query: URLSearchParams } {
  const mark = url.indexOf('?');
  if (mark < 0) return { path: url, query: new URLSearchParams() };
  return { path: url.slice(0, mark), query: new URLSearchParams(url.slice(mark + 1)) };
}

function errorReply(error: unknown, options: ServerOptions): Reply {
  if (error instanceof RegistryError) {
    if (error.cause !== undefined) options.log.error({ err: error.cause }, error.message);
    // The rest of a body that is too large isn't waited for.
    const headers: Record<string, string> = error.code === 'too-large' ? { Connection: 'close' } : {};
    return { status: STATUS_OF[error.code], headers, raw: error.message };
  }
  options.log.error({ err: error }, 'a request failed');
  return {
    status: 500,
    raw: 'Internal error: the request failed, and a write may or may not have been kept',
  };
}

function logRequest(options: ServerOptions, request: IncomingMessage, response: ServerResponse): void {
  const { method, url = '' } = request;
  options.log.debug({ method, url: redactToken(url), status: response.statusCode }, 'answered');
}

interface Outgoing {
  readonly reply: Reply;
  readonly query: URLSearchParams;
  readonly headers: Readonly<Record<string, string>>;
}

function send(request: IncomingMessage, response: ServerResponse, outgoing: Outgoing): void {
  const { reply, query, headers } = outgoing;
  const isJson = reply.json !== undefined || reply.body !== undefined;
  const body = isJson ? (reply.body ?? toJson(reply.json, query.has('pretty'))) : (reply.raw ?? '');
  response.writeHead(reply.status ?? 200, {
    ...headers,
    'Content-Type': isJson ? 'application/json' : 'text/plain; charset=utf-8',
    'Content-Length': Buffer.byteLength(body),
    'X-Content-Type-Options': 'nosniff',
    ...reply.headers,
  });
  response.end(body);
  if (!request.complete) request.resume();
}

function toJson(value: unknown, pretty: boolean): string {
  return pretty ? `${JSON.stringify(value, null, 4)}\n` : JSON.stringify(value);
}

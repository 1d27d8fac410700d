import { Agent, type Dispatcher } from 'undici';
import type { Certificates } from '../auth/index.js';
import type { Picker } from '../discovery/index.js';
import { codeOfHttpStatus, isErrorCode, ServiceError } from '../errors/index.js';
import { createCallPolicy, deadlineHeader, remainingMs } from '../resilience/index.js';
import { callMeasures, sendInSpan, type Metrics } from '../telemetry/index.js';
import { createTlsConnector } from './tls-connector.js';

export interface HttpCall {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Path and query. */
  readonly path: string;
  /** The route's template, by which calls are measured; the path unless given. */
  readonly route?: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** May it be sent twice? True for GET, PUT and DELETE unless said otherwise; for POST say so when it carries a key. */
  readonly idempotent?: boolean;
  /** Limit of the call, retries included; what its caller still waits counts when it is less. */
  readonly timeoutMs?: number;
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: unknown;
}

export interface HttpClient {
  /** @returns any answer below 500 @throws `unavailable` or `deadline_exceeded` when none came, or a 5xx's own code */
  call(call: HttpCall): Promise<HttpAnswer>;
  close(): Promise<void>;
}

export interface HttpClientOptions {
  /** What the peer is called in metrics. */
  readonly peer: string;
  /** One fixed origin, such as `http://provider:9000`, or the registry's picker. */
  readonly target: string | (() => Promise<Picker>);
  readonly metrics: Metrics;
  /** Given: mutual TLS to whom the registry names; a fixed origin says itself what it wants. */
  readonly certificates?: Certificates | undefined;
  readonly timeoutMs?: number;
  readonly maxAttempts?: number;
  /** Calls at once; as many again wait. */
  readonly maxConcurrent?: number;
}

/** One call, over all its attempts. */
interface Run {
  readonly untilMs: number;
  readonly tried: Set<string>;
  readonly traceparent: string;
}

interface Sending {
  readonly origin: string;
  readonly call: HttpCall;
  readonly timeoutMs: number;
  readonly traceparent: string;
}

/** A REST client over undici: deadline, bulkhead, retry of harmless calls, balancing, trace context, metrics. */
export function createHttpClient(options: HttpClientOptions): HttpClient {
  const { target, certificates, peer } = options;
  const isSecure = certificates !== undefined && typeof target !== 'string';
  const dispatcher = new Agent({
    connections: 64,
    pipelining: 1,
    ...(isSecure ? { connect: createTlsConnector(certificates, () => peer) } : {}),
  });
  const policy = createCallPolicy({
    maxAttempts: options.maxAttempts ?? 3,
    maxConcurrent: options.maxConcurrent ?? 256,
  });
  const measures = callMeasures(options.metrics.meter, 'http.client');

  const attempt = async (call: HttpCall, run: Run): Promise<HttpAnswer> => {
    const { untilMs, tried, traceparent } = run;
    const timeoutMs = untilMs - Date.now();
    if (timeoutMs <= 0) throw new ServiceError('deadline_exceeded', 'A peer did not answer in time.');
    const lease = typeof target === 'string' ? undefined : (await target()).pick(tried);
    if (lease) tried.add(lease.endpoint.id);
    const origin =
      typeof target === 'string'
        ? target.replace(/\/$/, '')
        : `${isSecure ? 'https' : 'http'}://${lease?.endpoint.address ?? ''}:${String(lease?.endpoint.port ?? 0)}`;
    const startedAt = performance.now();
    const attributes = {
      'peer.service': options.peer,
      'http.request.method': call.method,
      'http.route': call.route ?? call.path,
    };
    let isMeasured = false;
    try {
      const answer = await send(dispatcher, { origin, call, timeoutMs, traceparent });
      // Any other 5xx is an answer: one broken route shall not eject an instance.
      lease?.done(answer.status === 503 || answer.status === 504 ? 'failed' : 'ok');
      measures.durationMs(performance.now() - startedAt, {
        ...attributes,
        'http.response.status_code': answer.status,
      });
      isMeasured = true;
      return assertBelow500(answer);
    } catch (reason) {
      const error = ServiceError.from(reason);
      // After an answer that was a failure this changes nothing: the lease is over, the call is measured.
      if (!isMeasured)
        measures.durationMs(performance.now() - startedAt, { ...attributes, 'error.type': error.code });
      lease?.done('failed');
      throw error;
    }
  };
  return {
    call: async (call) => {
      const untilMs = Date.now() + remainingMs(call.timeoutMs ?? options.timeoutMs ?? 5000);
      const facts = () => ({
        name: `${call.method} ${call.route ?? call.path}`,
        kind: 'client' as const,
        attributes: { 'peer.service': options.peer, 'http.request.method': call.method },
      });
      return sendInSpan(facts, (traceparent) => {
        const run: Run = { untilMs, tried: new Set(), traceparent };
        return policy.execute(() => attempt(call, run), {
          idempotent: call.idempotent ?? (call.method !== 'POST' && call.method !== 'PATCH'),
          untilMs,
        });
      });
    },
    close: () => dispatcher.close(),
  };
}

async function send(
  dispatcher: Dispatcher,
  { origin, call, timeoutMs, traceparent }: Sending,
): Promise<HttpAnswer> {
  const signal = AbortSignal.timeout(timeoutMs);
  try {
    const answer = await dispatcher.request({
      origin,
      path: call.path,
      method: call.method,
      signal,
      headers: {
        accept: 'application/json',
        traceparent,
        [deadlineHeader]: String(Math.floor(timeoutMs)),
        ...(call.body === undefined ? {} : { 'content-type': 'application/json' }),
        ...call.headers,
      },
      ...(call.body === undefined ? {} : { body: JSON.stringify(call.body) }),
    });
    const text = await answer.body.text();
    return {
      status: answer.statusCode,
      headers: answer.headers,
      body: text === '' ? undefined : parseJson(text),
    };
  } catch (error) {
    if (signal.aborted)
      throw new ServiceError('deadline_exceeded', 'A peer did not answer in time.', { cause: error });
    if (error instanceof ServiceError) throw error;
    throw new ServiceError('unavailable', 'A peer could not be reached.', { cause: error });
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new ServiceError('bad_gateway', 'A peer answered with something that is not JSON.', {
      cause: error,
    });
  }
}

function assertBelow500(answer: HttpAnswer): HttpAnswer {
  if (answer.status < 500) return answer;
  const { body } = answer;
  const code =
    typeof body === 'object' && body !== null && 'code' in body && isErrorCode(body.code)
      ? body.code
      : undefined;
  throw new ServiceError(code ?? codeOfHttpStatus(answer.status), 'A peer failed to answer.', {
    cause: new Error(`HTTP ${String(answer.status)}`),
  });
}

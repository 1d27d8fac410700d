import type { Certificates, ServiceTokens } from '../auth/index.js';
import type { Picker } from '../discovery/index.js';
import { errorCodes, ServiceError } from '../errors/index.js';
import { createCallPolicy, priorities, remainingMs, type Priority } from '../resilience/index.js';
import { callMeasures, currentCall, sendInSpan, type Metrics, type SpanFacts } from '../telemetry/index.js';
import { maxMessageBytes } from './channel-options.js';
import { createConnections } from './connections.js';
import {
  attributesOf,
  encode,
  pathOf,
  type MethodDefinition,
  type RequestOf,
  type ResponseOf,
  type ServiceDefinition,
} from './definition.js';
import { labelsOf } from './labels.js';
import { noTexts, type Texts } from './lane/texts.js';
import { userKey } from './metadata.js';
import { OutgoingCall } from './outgoing-call.js';
import { channelSecurity } from './tls.js';

export interface CallOptions {
  readonly timeoutMs?: number;
  /** Gives up the call: it throws `cancelled`, and the peer's work is told. */
  readonly signal?: AbortSignal;
  /** Sent beside the request; keys in lower case. */
  readonly metadata?: Readonly<Record<string, string>>;
  /** Told what the peer sent after its answer. */
  readonly onTrailers?: (trailers: Readonly<Record<string, string>>) => void;
}

export type GrpcClient<D extends ServiceDefinition> = {
  readonly [K in keyof D['methods']]: (
    request: RequestOf<D['methods'][K]>,
    options?: CallOptions,
  ) => Promise<ResponseOf<D['methods'][K]>>;
};

export interface GrpcClientOptions {
  /** The service called: the audience of the token. */
  readonly peer: string;
  /** Asked until it has answered once; that picker is then used for good. */
  readonly picker: () => Promise<Picker>;
  readonly tokens: ServiceTokens;
  readonly metrics: Metrics;
  /** Limit of one call, retries included; what its caller still waits counts when it is less. */
  readonly timeoutMs?: number;
  /** How important the calls of this service are to a peer that has too much to do. */
  readonly priority?: Priority;
  /** Given: mutual TLS. */
  readonly certificates?: Certificates | undefined;
  /** False: every call by itself, never on a lane. */
  readonly lane?: boolean;
  /** Calls at once; as many again wait. */
  readonly maxConcurrent?: number;
}

export interface ClosableGrpcClient<D extends ServiceDefinition> {
  readonly methods: GrpcClient<D>;
  close(): void;
  /** What its lanes keep in memory. */
  readonly size: { readonly calls: number; readonly queued: number };
}

/** One call of a method, over all its attempts. */
interface Run {
  readonly method: ClientMethod;
  readonly request: Buffer;
  readonly untilMs: number;
  readonly traceparent: string;
  readonly metadata: Texts;
  readonly options: CallOptions | undefined;
  tried: Set<string> | undefined;
}

interface ClientMethod {
  readonly path: string;
  readonly definition: MethodDefinition;
  readonly isIdempotent: boolean;
  readonly labels: ReturnType<typeof labelsOf>;
}

/**
 * A client for a generated definition: deadline, retry of idempotent methods, bulkhead, balancing, lane or plain call,
 * service token, trace, metrics.
 * Its methods throw ServiceError: the peer's own code, `unavailable` when none can be reached, `deadline_exceeded`.
 */
export function createGrpcClient<D extends ServiceDefinition>(
  definition: D,
  options: GrpcClientOptions,
): ClosableGrpcClient<D> {
  const token = () => options.tokens(options.peer);
  const connections = createConnections({
    token,
    useLane: options.lane ?? true,
    security: channelSecurity(options.peer, options.certificates),
  });
  const { maxConcurrent } = options;
  const policy = createCallPolicy(maxConcurrent === undefined ? {} : { maxConcurrent });
  const measures = callMeasures(options.metrics.meter, 'rpc.client');
  const priority = priorities.indexOf(options.priority ?? 'order');
  let picker: Picker | undefined;

  const attempt = async (run: Run): Promise<Buffer> => {
    picker ??= await options.picker();
    return attemptAt(picker, run);
  };
  const attemptAt = (among: Picker, run: Run): Promise<Buffer> => {
    const lease = among.pick(run.tried);
    connections.keepOnly(among);
    const startedAt = performance.now();
    return new Promise((resolve, reject) => {
      const { method, request } = run;
      const onAbort = () => {
        call.cancel(new ServiceError('cancelled', 'The call was given up.'));
      };
      const call = new OutgoingCall(
        {
          path: method.path,
          request,
          untilMs: run.untilMs,
          traceparent: run.traceparent,
          priority,
          metadata: run.metadata,
        },
        (error, response, trailers) => {
          run.options?.signal?.removeEventListener('abort', onAbort);
          lease.done(isUnwell(error) ? 'failed' : 'ok');
          const labels = method.labels(error ? errorCodes[error.code].grpc : 0);
          measures.durationMs(performance.now() - startedAt, labels);
          measures.requestBytes(request.length, labels);
          measures.responseBytes(response.length, labels);
          if (error) {
            (run.tried ??= new Set()).add(lease.endpoint.id);
            reject(error);
          } else {
            if (trailers !== noTexts) run.options?.onTrailers?.(trailers);
            resolve(response);
          }
        },
      );
      if (run.untilMs <= Date.now())
        call.fail(new ServiceError('deadline_exceeded', 'The deadline of this call has passed.'));
      else if (run.options?.signal?.aborted === true) onAbort();
      else {
        run.options?.signal?.addEventListener('abort', onAbort, { once: true });
        connections.to(lease.endpoint).start(call);
      }
    });
  };

  const callOf = (definitionOf: MethodDefinition) => {
    const method: ClientMethod = {
      path: pathOf(definition, definitionOf),
      definition: definitionOf,
      isIdempotent: definitionOf.options.idempotencyLevel !== undefined,
      labels: labelsOf(definition, definitionOf),
    };
    const facts: SpanFacts = {
      name: method.path.slice(1),
      kind: 'client',
      attributes: { ...attributesOf(definition, definitionOf), 'peer.service': options.peer },
    };
    return async (request: unknown, perCall?: CallOptions): Promise<unknown> => {
      const encoded = encode(definitionOf.requestType, request);
      if (encoded.length > maxMessageBytes)
        throw new ServiceError('payload_too_large', 'The request is larger than a message may be.');
      const untilMs = Date.now() + remainingMs(perCall?.timeoutMs ?? options.timeoutMs ?? 3000);
      const response = await sendInSpan(
        () => facts,
        (traceparent) => {
          const run: Run = {
            method,
            untilMs,
            request: encoded,
            traceparent,
            metadata: metadataFor(perCall),
            options: perCall,
            tried: undefined,
          };
          return policy.execute(() => (picker ? attemptAt(picker, run) : attempt(run)), {
            idempotent: method.isIdempotent,
            untilMs,
            signal: perCall?.signal,
          });
        },
      );
      return definitionOf.responseType.decode(response) as unknown;
    };
  };
  const methods = Object.fromEntries(
    Object.entries(definition.methods).map(([key, method]) => [key, callOf(method)]),
  );
  return {
    methods: methods as unknown as GrpcClient<D>,
    close: connections.close,
    get size() {
      return connections.size;
    },
  };
}

/** The user on whose behalf this service works travels with each call. */
function metadataFor(perCall: CallOptions | undefined): Texts {
  const userId = currentCall()?.userId;
  if (userId === undefined) return perCall?.metadata ?? noTexts;
  return { ...perCall?.metadata, [userKey]: userId };
}

const isUnwell = (error: ServiceError | undefined): boolean =>
  error?.code === 'unavailable' || error?.code === 'deadline_exceeded';

import { Client, credentials, Metadata, status, type ServiceError as GrpcError } from '@grpc/grpc-js';
import { isIPv6 } from 'node:net';
import type { ServiceTokens } from '../auth/index.js';
import type { Endpoint, Picker } from '../discovery/index.js';
import { errorCodeKey, fromGrpcStatus, ServiceError } from '../errors/index.js';
import { createCallPolicy, remainingMs } from '../resilience/index.js';
import { callMeasures, currentTraceparent, type Metrics } from '../telemetry/index.js';
import { clientOptions } from './channel-options.js';
import {
  attributesOf,
  encode,
  identity,
  pathOf,
  type MethodDefinition,
  type RequestOf,
  type ResponseOf,
  type ServiceDefinition,
} from './definition.js';

export type GrpcClient<D extends ServiceDefinition> = {
  readonly [K in keyof D['methods']]: (
    request: RequestOf<D['methods'][K]>,
    options?: { timeoutMs?: number },
  ) => Promise<ResponseOf<D['methods'][K]>>;
};

export interface GrpcClientOptions {
  /** The service called: the audience of the token. */
  readonly peer: string;
  readonly picker: () => Promise<Picker>;
  readonly tokens: ServiceTokens;
  readonly metrics: Metrics;
  /** Limit of one call, retries included; what its caller still waits counts when it is less. */
  readonly timeoutMs?: number;
}

export interface ClosableGrpcClient<D extends ServiceDefinition> {
  readonly methods: GrpcClient<D>;
  close(): void;
}

/**
 * A client for a generated definition: deadline, retry of idempotent methods, balancing, service token, trace, metrics.
 * Its methods throw ServiceError: the peer's own code, `unavailable` when none can be reached, `deadline_exceeded`.
 */
export function createGrpcClient<D extends ServiceDefinition>(
  definition: D,
  options: GrpcClientOptions,
): ClosableGrpcClient<D> {
  const channels = createChannels();
  const policy = createCallPolicy();
  const measures = callMeasures(options.metrics.meter, 'rpc.client');

  const callOnce = async (
    method: MethodDefinition,
    request: Buffer,
    { untilMs, tried }: { untilMs: number; tried: Set<string> },
  ): Promise<Buffer> => {
    const picker = await options.picker();
    const lease = picker.pick(tried);
    tried.add(lease.endpoint.id);
    channels.keepOnly(picker.endpoints);
    const startedAt = performance.now();
    const measured = (code: number, responseBytes: number) => {
      const labels = { ...attributesOf(definition, method), 'rpc.grpc.status_code': code };
      measures.durationMs(performance.now() - startedAt, labels);
      measures.requestBytes(request.length, labels);
      measures.responseBytes(responseBytes, labels);
    };
    try {
      const metadata = metadataFor(options.tokens(options.peer));
      const response = await unary(channels.to(lease.endpoint), {
        path: pathOf(definition, method),
        request,
        metadata,
        deadline: untilMs,
      });
      lease.done('ok');
      measured(0, response.length);
      return response;
    } catch (error) {
      const { failure, code } = failureOf(error);
      lease.done(failure.code === 'unavailable' || failure.code === 'deadline_exceeded' ? 'failed' : 'ok');
      measured(code, 0);
      throw failure;
    }
  };

  const methods = Object.fromEntries(
    Object.entries(definition.methods).map(([key, method]) => [
      key,
      async (request: unknown, perCall?: { timeoutMs?: number }) => {
        const untilMs = Date.now() + remainingMs(perCall?.timeoutMs ?? options.timeoutMs ?? 3000);
        const bytes = encode(method.requestType, request);
        const idempotent = method.options.idempotencyLevel !== undefined;
        const tried = new Set<string>();
        const attempt = () => callOnce(method, bytes, { untilMs, tried });
        const response = await policy.execute(attempt, { idempotent });
        return method.responseType.decode(response) as unknown;
      },
    ]),
  );
  return { methods: methods as unknown as GrpcClient<D>, close: channels.close };
}

interface UnaryCall {
  readonly path: string;
  readonly request: Buffer;
  readonly metadata: Metadata;
  readonly deadline: number;
}

const unary = (channel: Client, call: UnaryCall): Promise<Buffer> =>
  new Promise((resolve, reject) => {
    const { path, request, metadata, deadline } = call;
    channel.makeUnaryRequest(path, identity, identity, request, metadata, { deadline }, (error, response) => {
      if (error) reject(error);
      else resolve(response ?? Buffer.alloc(0));
    });
  });

function metadataFor(token: string): Metadata {
  const metadata = new Metadata();
  metadata.set('authorization', `Bearer ${token}`);
  metadata.set('traceparent', currentTraceparent());
  return metadata;
}

function failureOf(error: unknown): { failure: ServiceError; code: number } {
  if (!isGrpcError(error)) return { failure: ServiceError.from(error), code: status.UNKNOWN };
  const sent = error.metadata.getMap();
  const metadata = Object.fromEntries(Object.entries(sent).map(([key, value]) => [key, String(value)]));
  // We never cancel: a status without a code of ours says that the peer cut the call off while it was going away.
  if (error.code === status.CANCELLED && metadata[errorCodeKey] === undefined) {
    const gone = new ServiceError('unavailable', 'A peer ended before it answered.', { cause: error });
    return { failure: gone, code: error.code };
  }
  return {
    failure: fromGrpcStatus({ code: error.code, details: error.details, metadata }, error),
    code: error.code,
  };
}

const isGrpcError = (error: unknown): error is GrpcError =>
  error instanceof Error && 'metadata' in error && error.metadata instanceof Metadata;

/** One channel per endpoint; those of endpoints that are gone are closed. */
function createChannels() {
  const channels = new Map<string, Client>();
  const addressOf = ({ address, port }: Endpoint) =>
    isIPv6(address) ? `ipv6:[${address}]:${String(port)}` : `ipv4:${address}:${String(port)}`;
  return {
    to: (endpoint: Endpoint): Client => {
      const address = addressOf(endpoint);
      const known = channels.get(address);
      if (known) return known;
      const channel = new Client(address, credentials.createInsecure(), clientOptions);
      channels.set(address, channel);
      return channel;
    },
    keepOnly: (endpoints: readonly Endpoint[]): void => {
      if (channels.size <= endpoints.length) return;
      const wanted = new Set(endpoints.map(addressOf));
      for (const [address, channel] of channels) {
        if (wanted.has(address)) continue;
        channel.close();
        channels.delete(address);
      }
    },
    close: (): void => {
      for (const channel of channels.values()) channel.close();
      channels.clear();
    },
  };
}

import { Metadata, Server, ServerCredentials, type sendUnaryData, type ServerUnaryCall } from '@grpc/grpc-js';
import { loadFileDescriptorSetFromBuffer } from '@grpc/proto-loader';
import { ReflectionService } from '@grpc/reflection';
import { HealthImplementation } from 'grpc-health-check';
import type { ServicePrincipal, ServiceVerifier } from '../auth/index.js';
import { ServiceError, toGrpcStatus } from '../errors/index.js';
import {
  callFrom,
  callMeasures,
  runInCall,
  type CallMeasures,
  type Logger,
  type Metrics,
} from '../telemetry/index.js';
import { serverOptions } from './channel-options.js';
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
import { withinDeadline } from './within-deadline.js';

/** What a method learns of its call beside the request. */
export interface GrpcCall {
  readonly peer: ServicePrincipal;
}

export type Implementation<D extends ServiceDefinition> = {
  readonly [K in keyof D['methods']]: (
    request: RequestOf<D['methods'][K]>,
    call: GrpcCall,
  ) => Promise<ResponseOf<D['methods'][K]>>;
};

/** Which of our services may call which method. */
export type Callers<D extends ServiceDefinition> = { readonly [K in keyof D['methods']]: readonly string[] };

export interface GrpcServerOptions {
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly verifyService: ServiceVerifier;
  /** A serialised FileDescriptorSet, for reflection. */
  readonly descriptorSet: Buffer;
}

export interface GrpcServer {
  add<D extends ServiceDefinition>(
    definition: D,
    implementation: Implementation<D>,
    callers: Callers<D>,
  ): void;
  /** @returns the port listened on */
  listen(host: string, port: number): Promise<number>;
  setServing(serving: boolean): void;
  /** Lets calls in progress end, for at most so long. */
  close(withinMs: number): Promise<void>;
}

/** For calls whose caller set no deadline. */
export const defaultDeadlineMs = 5000;

/** A gRPC server for generated definitions: caller's token, deadline, trace, status with our code, health, reflection. */
export function createGrpcServer(options: GrpcServerOptions): GrpcServer {
  const server = new Server(serverOptions);
  const measures = callMeasures(options.metrics.meter, 'rpc.server');
  const health = new HealthImplementation({ '': 'NOT_SERVING' });
  const names: string[] = [];
  health.addToServer(server);

  return {
    add: (definition, implementation, callers) => {
      const methods = Object.entries(definition.methods);
      names.push(definition.fullName);
      health.setStatus(definition.fullName, 'NOT_SERVING');
      server.addService(
        Object.fromEntries(methods.map(([key, method]) => [key, wireMethod(pathOf(definition, method))])),
        Object.fromEntries(
          methods.map(([key, method]) => {
            const work = implementation[key] as (request: unknown, call: GrpcCall) => Promise<unknown>;
            const allowed = callers[key] ?? [];
            return [key, handlerOf({ definition, method, work, allowed, measures, ...options })];
          }),
        ),
      );
    },
    listen: async (host, port) => {
      const packages = loadFileDescriptorSetFromBuffer(options.descriptorSet);
      new ReflectionService(packages, { services: names }).addToServer(server);
      return new Promise((resolve, reject) => {
        server.bindAsync(`${host}:${String(port)}`, ServerCredentials.createInsecure(), (error, bound) => {
          if (error) reject(error);
          else resolve(bound);
        });
      });
    },
    setServing: (serving) => {
      for (const name of ['', ...names]) health.setStatus(name, serving ? 'SERVING' : 'NOT_SERVING');
    },
    close: (withinMs) =>
      new Promise((resolve) => {
        const force = setTimeout(() => {
          server.forceShutdown();
        }, withinMs);
        server.tryShutdown(() => {
          clearTimeout(force);
          resolve();
        });
      }),
  };
}

/** Bytes in, bytes out: decoding happens in the handler, where its failure has a proper status and its size is known. */
const wireMethod = (path: string) => ({
  path,
  requestStream: false,
  responseStream: false,
  requestSerialize: identity,
  requestDeserialize: identity,
  responseSerialize: identity,
  responseDeserialize: identity,
});

interface HandlerParts extends GrpcServerOptions {
  readonly definition: ServiceDefinition;
  readonly method: MethodDefinition;
  readonly work: (request: unknown, call: GrpcCall) => Promise<unknown>;
  readonly allowed: readonly string[];
  readonly measures: CallMeasures;
}

function handlerOf(parts: HandlerParts) {
  const { definition, method, work, measures, logger } = parts;
  const attributes = attributesOf(definition, method);

  return (call: ServerUnaryCall<Buffer, Buffer>, answer: sendUnaryData<Buffer>): void => {
    const startedAt = performance.now();
    const remaining = remainingOf(call);
    const context = callFrom(textOf(call.metadata, 'traceparent'), remaining);
    const finish = (error: ServiceError | undefined, response: Buffer | null) => {
      const status = error ? toGrpcStatus(error) : undefined;
      const labels = { ...attributes, 'rpc.grpc.status_code': status?.code ?? 0 };
      const ms = performance.now() - startedAt;
      measures.durationMs(ms, labels);
      measures.requestBytes(call.request.length, labels);
      measures.responseBytes(response?.length ?? 0, labels);
      runInCall(context, () => {
        if (error?.code === 'internal')
          logger.error({ err: error.cause ?? error, method: method.name }, 'rpc failed');
        logger.info(
          { rpc: pathOf(definition, method), status: status?.code ?? 0, ms: Math.round(ms * 10) / 10 },
          'grpc',
        );
      });
      if (status)
        // Our numbers are gRPC's own: the table of codes is the one place that names them.
        // eslint-disable-next-line @typescript-eslint/no-unsafe-enum-assignment
        answer({ code: status.code, details: status.details, metadata: metadataOf(status.metadata) }, null);
      else answer(null, response);
    };
    runInCall(context, () => withinDeadline(remaining, () => perform(parts, work, call)))
      .then((response) => {
        finish(undefined, response);
      })
      .catch((error: unknown) => {
        finish(ServiceError.from(error), null);
      });
  };
}

async function perform(
  parts: HandlerParts,
  work: HandlerParts['work'],
  call: ServerUnaryCall<Buffer, Buffer>,
): Promise<Buffer> {
  const peer = await authorise(call.metadata, parts);
  const response = await work(decode(parts.method, call.request), { peer });
  return encode(parts.method.responseType, response);
}

async function authorise(
  metadata: Metadata,
  { verifyService, allowed }: HandlerParts,
): Promise<ServicePrincipal> {
  const token = textOf(metadata, 'authorization')?.replace(/^Bearer /i, '');
  if (token === undefined) throw new ServiceError('unauthenticated', 'A service token is needed.');
  const peer = await verifyService(token);
  if (!allowed.includes(peer.service)) {
    throw new ServiceError('permission_denied', `${peer.service} may not call this method.`);
  }
  return peer;
}

function decode(method: MethodDefinition, bytes: Buffer): unknown {
  try {
    return method.requestType.decode(bytes);
  } catch (error) {
    throw new ServiceError('invalid_argument', 'The request is not a valid protobuf message.', {
      cause: error,
    });
  }
}

function remainingOf(call: ServerUnaryCall<Buffer, Buffer>): number {
  const deadline = call.getDeadline();
  const at = typeof deadline === 'number' ? deadline : deadline.getTime();
  return Number.isFinite(at) ? at - Date.now() : defaultDeadlineMs;
}

const textOf = (metadata: Metadata, key: string): string | undefined => {
  const [value] = metadata.get(key);
  return typeof value === 'string' ? value : undefined;
};

function metadataOf(entries: Readonly<Record<string, string>>): Metadata {
  const metadata = new Metadata();
  for (const [key, value] of Object.entries(entries)) metadata.set(key, value);
  return metadata;
}

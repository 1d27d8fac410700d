import { Server, ServerCredentials, type sendUnaryData, type ServerUnaryCall } from '@grpc/grpc-js';
import { loadFileDescriptorSetFromBuffer } from '@grpc/proto-loader';
import { ReflectionService } from '@grpc/reflection';
import { HealthImplementation } from 'grpc-health-check';
import { createRefusalLog, type Certificates, type ServiceVerifier } from '../auth/index.js';
import { createLimiter, type Limiter } from '../resilience/index.js';
import type { Logger, Metrics } from '../telemetry/index.js';
import { serverOptions } from './channel-options.js';
import { identity, pathOf, type RequestOf, type ResponseOf, type ServiceDefinition } from './definition.js';
import { createLaneDoor } from './lane/serve-lanes.js';
import { createPerform, type Perform } from './perform.js';
import { serverMethod, type GrpcCall, type ServerMethod, type Work } from './server-method.js';
import { listenWithTls } from './tls.js';
import { answerUnary, incomingOf } from './unary-server.js';

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
  /** How much this instance takes on at once, over all its doors; one of its own unless given. */
  readonly limiter?: Limiter;
  /** Given: mutual TLS only. */
  readonly certificates?: Certificates | undefined;
  /** False: plain calls only, as a server of another make. */
  readonly lane?: boolean;
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
  /** Who may call which method, by path. */
  readonly policy: ReadonlyMap<string, ReadonlySet<string>>;
  /** What its lanes keep in memory. */
  readonly lanes: { readonly count: number; readonly calls: number; readonly bytes: number };
}

/**
 * A gRPC server for generated definitions: caller's token, deadline, trace, status with our code, health, reflection,
 * and the lane, on which our own clients send their unary calls.
 */
export function createGrpcServer(options: GrpcServerOptions): GrpcServer {
  const { logger, metrics, verifyService } = options;
  const server = new Server(serverOptions);
  const health = new HealthImplementation({ '': 'NOT_SERVING' });
  const names: string[] = [];
  const methods = new Map<string, ServerMethod>();
  const refusals = createRefusalLog(logger);
  const perform = createPerform({ logger, metrics, refusals, limiter: options.limiter ?? createLimiter() });
  let listener: { port: number; close(): void } | undefined;
  const door = createLaneDoor({ verifyService, perform, refusals, methodAt: (path) => methods.get(path) });
  health.addToServer(server);
  if (options.lane ?? true) server.addService(door.definition as never, door.implementation);

  return {
    get policy() {
      return new Map([...methods.values()].map(({ path, allowed }) => [path, allowed]));
    },
    get lanes() {
      const sizes = [...door.lanes].map(({ size }) => size);
      const sum = (of: 'calls' | 'bytes') => sizes.reduce((total, size) => total + size[of], 0);
      return { count: sizes.length, calls: sum('calls'), bytes: sum('bytes') };
    },
    add: (definition, implementation, callers) => {
      const entries = Object.entries(definition.methods);
      names.push(definition.fullName);
      health.setStatus(definition.fullName, 'NOT_SERVING');
      const served = entries.map(([key, method]) => {
        const work = implementation[key] as Work;
        return [key, serverMethod(definition, method, { work, allowed: callers[key] ?? [] })] as const;
      });
      for (const [, method] of served) methods.set(method.path, method);
      server.addService(
        Object.fromEntries(entries.map(([key, method]) => [key, wireMethod(pathOf(definition, method))])),
        Object.fromEntries(
          served.map(([key, method]) => [key, unaryHandler(method, { perform, verifyService })]),
        ),
      );
    },
    listen: async (host, port) => {
      const packages = loadFileDescriptorSetFromBuffer(options.descriptorSet);
      new ReflectionService(packages, { services: names }).addToServer(server);
      if (options.certificates) {
        const { certificates } = options;
        listener = await listenWithTls(server, { host, port }, { certificates, refusals });
        return listener.port;
      }
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
        door.goAway();
        listener?.close();
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

const unaryHandler =
  (method: ServerMethod, deps: { perform: Perform; verifyService: ServiceVerifier }) =>
  (call: ServerUnaryCall<Buffer, Buffer>, answer: sendUnaryData<Buffer>): void => {
    const running = deps.perform(
      method,
      incomingOf(call, deps.verifyService),
      (error, response, trailers) => {
        answerUnary(answer, { error, response, trailers });
      },
    );
    call.on('cancelled', () => {
      running.cancel();
    });
  };

import { join } from 'node:path';
import {
  createServiceTokens,
  createServiceVerifier,
  openCertificates,
  type Certificates,
  type Jwks,
} from '@souk/comms/auth';
import { createDirectory, createRegistryClient } from '@souk/comms/discovery';
import {
  createGrpcClient,
  createGrpcServer,
  type GrpcClientOptions,
  type MessageType,
} from '@souk/comms/grpc';
import type { Limiter } from '@souk/comms/resilience';
import { createLogger, createMetrics, installTracer, loadOtlpTracer } from '@souk/comms/telemetry';
import { echoMethod, type Text } from './echo-definition.js';
import type { Call, Peer, Setup } from './peer.js';
import { placeIn } from './place-in.js';
import { startOneInstanceRegistry } from './souk-registry.js';

/** The same codec as the other gRPC peers have. */
const textType = {
  encode: (message: Text) => ({ finish: () => echoMethod.requestSerialize(message) }),
  decode: (bytes: Buffer) => echoMethod.requestDeserialize(bytes),
} as unknown as MessageType<Text>;

export const echoDefinition = {
  name: 'Echo',
  fullName: 'bench.Echo',
  methods: {
    echo: {
      name: 'Echo',
      requestType: textType,
      requestStream: false,
      responseType: textType,
      responseStream: false,
      options: { idempotencyLevel: 'NO_SIDE_EFFECTS' },
    },
  },
} as const;

const emptyDescriptors = Buffer.alloc(0);

export async function serveEcho(
  { port, keys }: Setup,
  options: {
    work?: (text: Text) => Promise<Text>;
    limiter?: Limiter;
    certificates?: Certificates;
  } = {},
): Promise<unknown> {
  const server = createGrpcServer({
    logger: createLogger({ service: 'echo', instance: 'echo-1', level: 'info' }),
    metrics: createMetrics(),
    verifyService: createServiceVerifier('echo', keys.bundle as Jwks),
    descriptorSet: emptyDescriptors,
    certificates: options.certificates,
    ...(options.limiter ? { limiter: options.limiter } : {}),
  });
  const work = options.work ?? ((text: Text) => Promise.resolve(text));
  server.add(echoDefinition, { echo: work }, { echo: ['caller'] });
  await server.listen('127.0.0.1', port);
  server.setServing(true);
  return server;
}

export async function connectEcho({ port, keys }: Setup, options: Partial<GrpcClientOptions>): Promise<Call> {
  const logger = createLogger({ service: 'caller', instance: 'caller-1', level: 'info' });
  const registry = createRegistryClient(await startOneInstanceRegistry(port));
  const directory = createDirectory({ registry, logger });
  const { methods } = createGrpcClient(echoDefinition, {
    peer: 'echo',
    picker: () => directory.lookup('echo-grpc'),
    tokens: createServiceTokens('caller', keys.caller),
    metrics: createMetrics(),
    ...options,
  });
  return (text) => methods.echo({ text });
}

/** Ours with everything on: registry, deadline, retry, bulkhead, breaker, service token, trace, metrics. */
const souk = (lane: boolean): Peer => ({
  serve: (setup) => serveEcho(setup),
  connect: (setup) => connectEcho(setup, { lane }),
});

export const soukPlain = souk(false);
export const soukLane = souk(true);

const certificatesOf = (setup: Setup, service: string): Certificates =>
  openCertificates({
    folder: join(placeIn(setup, 'certificates'), service),
    onError: (error) => {
      throw error;
    },
  });

/** The lane over mutual TLS. */
export const soukSecureLane: Peer = {
  serve: (setup) => serveEcho(setup, { certificates: certificatesOf(setup, 'echo') }),
  connect: (setup) => connectEcho(setup, { certificates: certificatesOf(setup, 'caller') }),
};

const recordSpans = async (setup: Setup, service: string): Promise<void> => {
  const endpoint = placeIn(setup, 'collector');
  installTracer(await loadOtlpTracer({ service, instance: `${service}-1`, endpoint }));
};

/** The lane with a span of every call, on both sides, sent to a collector. */
export const soukTracedLane: Peer = {
  serve: async (setup) => {
    await recordSpans(setup, 'echo');
    return serveEcho(setup);
  },
  connect: async (setup) => {
    await recordSpans(setup, 'caller');
    return connectEcho(setup, { lane: true });
  },
};

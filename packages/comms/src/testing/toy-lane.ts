import { createServiceTokens, createServiceVerifier, type Jwks, type ServiceTokens } from '../auth/index.js';
import { createPicker, type Endpoint, type Picker } from '../discovery/index.js';
import {
  createGrpcClient,
  createGrpcServer,
  type ClosableGrpcClient,
  type GrpcCall,
  type GrpcClientOptions,
  type GrpcServer,
  type GrpcServerOptions,
} from '../grpc/index.js';
import { createLogger, createMetrics } from '../telemetry/index.js';
import { createServiceKeys } from './service-keys.js';
import { toyDescriptors, toyService, type Text } from './toy-rpc.js';

const { bundle, privateKeys } = createServiceKeys(['toy', 'order', 'stranger']);
export const toyBundle: Jwks = bundle;

export const toyTokens = (name: string): ServiceTokens =>
  createServiceTokens(name, privateKeys.get(name) ?? '');

export type ToyWork = (request: Text, call: GrpcCall) => Promise<Text>;

export interface ToyServer {
  readonly server: GrpcServer;
  readonly port: number;
}

/** The toy service on a port of its own; `order` may call it. */
export async function serveToy(
  work: ToyWork,
  options: Partial<GrpcServerOptions> & { port?: number } = {},
): Promise<ToyServer> {
  const server = createGrpcServer({
    logger: createLogger({ service: 'toy', instance: 'toy', level: 'silent' }),
    metrics: createMetrics(),
    verifyService: createServiceVerifier('toy', bundle),
    descriptorSet: toyDescriptors,
    ...options,
  });
  server.add(toyService, { ask: work, order: work }, { ask: ['order'], order: ['order'] });
  return { server, port: await server.listen('127.0.0.1', options.port ?? 0) };
}

export const toyEndpoint = (port: number): Endpoint => ({
  id: `toy-${String(port)}`,
  address: '127.0.0.1',
  port,
  meta: {},
});

export function toyPicker(...ports: number[]): Picker {
  const picker = createPicker('toy');
  picker.replace(ports.map(toyEndpoint));
  return picker;
}

export const toyClient = (
  picker: Picker,
  options: Partial<GrpcClientOptions> = {},
): ClosableGrpcClient<typeof toyService> =>
  createGrpcClient(toyService, {
    peer: 'toy',
    picker: () => Promise.resolve(picker),
    tokens: toyTokens('order'),
    metrics: createMetrics(),
    timeoutMs: 60_000,
    ...options,
  });

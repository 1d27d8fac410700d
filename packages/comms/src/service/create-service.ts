import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import {
  createJwksSource,
  createServiceTokens,
  createServiceVerifier,
  createUserVerifier,
  openCertificates,
  type Certificates,
  type Jwks,
  type KeySource,
} from '../auth/index.js';
import {
  createDirectory,
  createRegistrar,
  createRegistryClient,
  ttlSeconds,
  type RegistryClient,
} from '../discovery/index.js';
import {
  createGrpcClient,
  createGrpcServer,
  type GrpcClient,
  type GrpcServer,
  type ServiceDefinition,
} from '../grpc/index.js';
import {
  addHealthRoutes,
  createHealthServer,
  createHttpClient,
  createHttpServer,
  type HttpClient,
  type HttpServer,
} from '../http/index.js';
import { createLimiter } from '../resilience/index.js';
import {
  createLogger,
  createMetrics,
  installTracer,
  loadOtlpTracer,
  type Logger,
  type Metrics,
  type Tracer,
} from '../telemetry/index.js';
import type { ServiceSettings } from './config.js';
import { eventLoopCheck } from './liveness.js';
import { priorityIn } from './manifest.js';
import { addressTowards } from './own-address.js';

/**
 * Something that starts and stops with its service. Resources (database, events) open first and close last;
 * publishers (the outbox relay) run as long as anything may still write; workers (consumers, sweepers) start once the
 * service is registered and stop before its doors close.
 */
export interface Part {
  readonly name: string;
  readonly kind: 'resource' | 'publisher' | 'worker';
  start?(): Promise<void> | void;
  stop?(): Promise<void> | void;
  /** Is it well? The reason if not: the service is then not ready. */
  check?(): Promise<string | undefined> | string | undefined;
  /** Does it make progress? The reason if not: the service is then to be restarted. */
  checkLive?(): Promise<string | undefined> | string | undefined;
}

export interface Service {
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly registry: RegistryClient;
  /** The REST door: add routes before `start`. */
  readonly http: HttpServer;
  /** The gRPC door: add definitions before `start`. */
  readonly grpc: GrpcServer;
  add(part: Part): void;
  grpcClient<D extends ServiceDefinition>(definition: D, peer: string): GrpcClient<D>;
  httpClient(peer: string): HttpClient;
  /** Undefined without TLS. */
  readonly certificates: Certificates | undefined;
  /** An outbound REST client to somebody who is not in the registry. */
  externalClient(peer: string, origin: string): HttpClient;
  start(): Promise<{ httpPort: number; grpcPort: number }>;
  stop(): Promise<void>;
  /** Settles when something went wrong that only a restart mends. */
  readonly failed: Promise<Error>;
  fail(reason: Error): void;
  readonly isStopping: () => boolean;
}

export interface ServiceOptions {
  readonly name: string;
  readonly title: string;
  readonly settings: ServiceSettings;
  readonly descriptorSet: Buffer;
  /** Keys of access tokens, for the service that issues them; the others ask identity for its set. */
  readonly userKeys?: KeySource;
  /** What /openapi.json answers, when it is not the description of this very service. */
  readonly document?: () => Promise<unknown>;
  /** Its service.json, which says among other things how important its work is; `order` without. */
  readonly manifest?: URL;
}

const closeWithinMs = 8000;

/** Everything that a service has before it does anything of its own. */
export async function createService(options: ServiceOptions): Promise<Service> {
  const { name, settings } = options;
  const logger = createLogger({ service: name, instance: settings.INSTANCE, level: settings.LOG_LEVEL });
  const metrics = createMetrics();
  const tracer = await openTracer(name, settings);
  installTracer(tracer);
  const certificates = certificatesIn(settings, logger);
  const registry = createRegistryClient(settings.REGISTRY_URL, settings.REGISTRY_TOKEN);
  const directory = createDirectory({ registry, logger });
  const limiter = createLimiter();
  const priority = priorityIn(options.manifest);
  const tokens = createServiceTokens(name, settings.SERVICE_KEY);
  const bundle = JSON.parse(readFileSync(settings.SERVICE_JWKS_FILE, 'utf8')) as Jwks;
  const parts: Part[] = [];
  const clients: { close(): void | Promise<void> }[] = [];
  let stage: 'starting' | 'serving' | 'stopping' = 'starting';
  let fail: (reason: Error) => void = () => undefined;
  const failed = new Promise<Error>((resolve) => {
    fail = resolve;
  });

  const httpClient = (peer: string): HttpClient => {
    const client = createHttpClient({ peer, metrics, certificates, target: () => directory.lookup(peer) });
    clients.push(client);
    return client;
  };
  const identityKeys = () => {
    const identity = httpClient('identity');
    return createJwksSource(async () => {
      const answer = await identity.call({ method: 'GET', path: '/.well-known/jwks.json' });
      return answer.body as Jwks;
    }, 'RS256');
  };

  const http = await createHttpServer({
    title: options.title,
    logger,
    metrics,
    verifyUser: createUserVerifier(options.userKeys ?? identityKeys()),
    ...(options.document ? { document: options.document } : {}),
    isDraining: () => stage === 'stopping',
    limiter,
    priority,
    certificates,
  });
  const verifyService = createServiceVerifier(name, bundle);
  const grpc = createGrpcServer({
    logger,
    metrics,
    verifyService,
    limiter,
    certificates,
    descriptorSet: options.descriptorSet,
  });
  const loopCheck = eventLoopCheck();
  const checks = {
    live: [loopCheck, { name: 'parts', check: () => firstProblem(parts, 'checkLive') }],
    ready: [
      { name: 'stage', check: () => (stage === 'serving' ? undefined : stage) },
      { name: 'parts', check: () => firstProblem(parts, 'check') },
    ],
  };
  addHealthRoutes(http, checks);
  const healthServer = certificates && createHealthServer({ checks, metrics });

  const startAll = async (kind: Part['kind']) => {
    for (const part of parts) if (part.kind === kind) await part.start?.();
  };
  const stopAll = async (kind: Part['kind']) => {
    const ofKind = parts.filter((part) => part.kind === kind).reverse();
    for (const part of ofKind) {
      await Promise.resolve(part.stop?.()).catch((error: unknown) => {
        logger.error({ err: error, part: part.name }, 'a part did not stop cleanly');
      });
    }
  };
  let registrar: ReturnType<typeof createRegistrar> | undefined;
  let stopping: Promise<void> | undefined;

  const stopInOrder = async () => {
    stage = 'stopping';
    grpc.setServing(false);
    await registrar?.stop();
    await delay(settings.SHUTDOWN_DRAIN_MS);
    await stopAll('worker');
    await Promise.all([http.close(), grpc.close(closeWithinMs)]);
    await stopAll('publisher');
    await Promise.all(clients.map(async (client) => client.close()));
    await stopAll('resource');
    await directory.close();
    await registry.close();
    await healthServer?.close();
    certificates?.close();
    loopCheck.close();
    await metrics.close();
    await tracer?.close().catch((error: unknown) => {
      logger.warn({ reason: String(error) }, 'the last spans did not reach their collector');
    });
  };

  return {
    logger,
    metrics,
    registry,
    http,
    grpc,
    certificates,
    failed,
    fail: (reason) => {
      fail(reason);
    },
    isStopping: () => stage === 'stopping',
    add: (part) => {
      parts.push(part);
    },
    grpcClient: (definition, peer) => {
      const picker = () => directory.lookup(`${peer}-grpc`);
      const client = createGrpcClient(definition, { peer, picker, tokens, metrics, priority, certificates });
      clients.push(client);
      return client.methods;
    },
    httpClient,
    externalClient: (peer, origin) => {
      const client = createHttpClient({ peer, metrics, target: origin, maxAttempts: 1 });
      clients.push(client);
      return client;
    },
    start: async () => {
      await startAll('resource');
      await startAll('publisher');
      await http.listen({ host: settings.HTTP_HOST, port: settings.HTTP_PORT });
      await healthServer?.listen({ host: settings.HTTP_HOST, port: settings.HEALTH_PORT });
      const httpPort = portOf(http, settings.HTTP_PORT);
      const healthPort = healthServer ? portOf(healthServer, settings.HEALTH_PORT) : httpPort;
      const grpcPort = await grpc.listen(settings.HTTP_HOST, settings.GRPC_PORT);
      stage = 'serving';
      grpc.setServing(true);
      registrar = createRegistrar({
        registry,
        logger,
        registrations: registrationsOf(name, settings, {
          address:
            settings.ADVERTISE_ADDRESS === 'auto'
              ? await addressTowards(settings.REGISTRY_URL)
              : settings.ADVERTISE_ADDRESS,
          httpPort,
          grpcPort,
          healthPort,
        }),
      });
      await registrar.start();
      await startAll('worker');
      logger.info({ httpPort, grpcPort, healthPort, tls: certificates !== undefined }, 'serving');
      return { httpPort, grpcPort };
    },
    stop: () => (stopping ??= stopInOrder()),
  };
}

async function openTracer(service: string, settings: ServiceSettings): Promise<Tracer | undefined> {
  const { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, INSTANCE: instance } = settings;
  if (endpoint === '') return undefined;
  return loadOtlpTracer({ service, instance, endpoint });
}

function certificatesIn(settings: ServiceSettings, logger: Logger): Certificates | undefined {
  if (settings.TLS_DIR === '') return undefined;
  return openCertificates({
    folder: settings.TLS_DIR,
    onError: (error) => {
      logger.error({ reason: error.message }, 'the new certificates cannot be used; the old ones stay');
    },
  });
}

function portOf({ server }: HttpServer, asked: number): number {
  const address = server.address();
  return typeof address === 'object' && address ? address.port : asked;
}

async function firstProblem(
  parts: readonly Part[],
  kind: 'check' | 'checkLive',
): Promise<string | undefined> {
  for (const part of parts) {
    const problem = await part[kind]?.();
    if (problem !== undefined) return `${part.name}: ${problem}`;
  }
  return undefined;
}

function registrationsOf(
  name: string,
  settings: ServiceSettings,
  at: { address: string; httpPort: number; grpcPort: number; healthPort: number },
) {
  const instance = settings.INSTANCE.replace(new RegExp(`^${name}-`), '');
  const meta = {
    instance: settings.INSTANCE,
    version: '1',
    zone: settings.ZONE,
    secure: String(settings.TLS_DIR !== ''),
    healthPort: String(at.healthPort),
  };
  const shared = { address: at.address, meta, ttlSeconds };
  return [
    { ...shared, id: `${name}-${instance}`, name, port: at.httpPort },
    { ...shared, id: `${name}-grpc-${instance}`, name: `${name}-grpc`, port: at.grpcPort },
  ];
}

import { generateKeyPairSync, randomBytes, type KeyObject } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { issueAccessToken } from '@souk/comms/auth';
import { createEvents, ensureTopics, type EventTransport } from '@souk/comms/events';
import { createLogger } from '@souk/comms/telemetry';
import { topicsToCreate } from '@souk/contracts/topics';
import { createProvider, type Provider, type ProviderConfig } from '@souk/payment-provider';
import { databaseUrl, migrate, provision, removePostgresData, startPostgres } from '@souk/postgres';
import { createRegistry } from '@souk/registry/app';
import { readConfig } from '@souk/registry/config';
import pg from 'pg';
import type { Config } from '../config.js';

/** All that the payment service stands on, real but for identity, of which only the key set is there. */
export interface Ground {
  readonly config: Config;
  readonly pool: pg.Pool;
  readonly events: EventTransport;
  readonly providerUrl: string;
  restartProvider(): Promise<void>;
  tokenOf(userId: string, ...roles: string[]): string;
  stop(): Promise<void>;
}

/** What happened to an order's payment, as the provider's statement tells it. */
export async function kindsAtProvider(
  { providerUrl }: Ground,
  { paymentId }: { paymentId: string },
): Promise<string[]> {
  const answer = await fetch(`${providerUrl}/v1/statement`, {
    headers: { authorization: `Bearer ${apiKey}` },
  });
  const { movements } = (await answer.json()) as { movements: { paymentId: string; kind: string }[] };
  return movements.filter((movement) => movement.paymentId === paymentId).map(({ kind }) => kind);
}

const passwords = { payment: 'p', migrator: 'm', verifier: 'v', events: 'e' };
export const webhookSecret = randomBytes(16).toString('hex');
export const apiKey = randomBytes(16).toString('hex');

export async function startGround(): Promise<Ground> {
  const folder = await mkdtemp(join(tmpdir(), 'souk-payment-'));
  const postgres = await startPostgres({ dataDir: join(folder, 'pg'), logFile: join(folder, 'pg.log') });
  await provision(postgres.superuserUrl, [{ name: 'payment', database: 'souk_payment' }], passwords);
  const as = (role: keyof typeof passwords, database: string) =>
    databaseUrl(postgres.superuserUrl, { role, database, password: passwords[role] });
  const migrationsDir = join(import.meta.dirname, '../../prisma/migrations');
  await migrate({ url: as('migrator', 'souk_payment'), migrationsDir });
  const pool = new pg.Pool({ connectionString: as('payment', 'souk_payment'), max: 3 });

  const logger = createLogger({ service: 'test', instance: 'test', level: 'silent' });
  const transport = { url: as('events', 'souk_events'), clientId: 'test', logger };
  await ensureTopics(transport, topicsToCreate);
  const events = await createEvents(transport);

  const registry = await createRegistry(
    readConfig({ REGISTRY_HTTP_PORT: '0', REGISTRY_DNS_PORT: '0', REGISTRY_LOG_LEVEL: 'silent' }),
  );
  const { url: registryUrl } = await registry.start();
  const userKeys = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const identity = await serveKeys(userKeys.publicKey);
  const identityPort = (identity.address() as AddressInfo).port;
  await fetch(`${registryUrl}/v1/agent/service/register`, {
    method: 'PUT',
    body: JSON.stringify({ ID: 'identity-1', Name: 'identity', Address: '127.0.0.1', Port: identityPort }),
  });

  const serviceKey = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const jwksFile = join(folder, 'jwks.json');
  const jwk = { ...serviceKey.publicKey.export({ format: 'jwk' }), kid: 'payment', alg: 'ES256' };
  await writeFile(jwksFile, JSON.stringify({ keys: [jwk] }));

  const httpPort = await freePort();
  const providerConfig: ProviderConfig = {
    host: '127.0.0.1',
    port: await freePort(),
    apiKey,
    webhookSecret,
    webhookUrl: `http://127.0.0.1:${String(httpPort)}/api/payments/webhooks/provider`,
    dataDir: join(folder, 'provider'),
    lieRate: 0,
  };
  let provider: Provider = createProvider(providerConfig);
  const { url: providerUrl } = await provider.start();

  const config: Config = {
    INSTANCE: 'payment-1',
    HTTP_HOST: '127.0.0.1',
    HTTP_PORT: httpPort,
    GRPC_PORT: 0,
    ADVERTISE_ADDRESS: '127.0.0.1',
    REGISTRY_URL: registryUrl,
    SERVICE_KEY: serviceKey.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    SERVICE_JWKS_FILE: jwksFile,
    SHUTDOWN_DRAIN_MS: 0,
    TLS_DIR: '',
    HEALTH_PORT: 0,
    LOG_LEVEL: 'error',
    HOLD_STDIN: 1,
    OTEL_EXPORTER_OTLP_ENDPOINT: '',
    ZONE: 'local',
    DATABASE_URL: as('payment', 'souk_payment'),
    DATABASE_POOL_SIZE: 10,
    FAILPOINT: '',
    EVENTS_URL: transport.url,
    PROVIDER_URL: providerUrl,
    PROVIDER_API_KEY: apiKey,
    PROVIDER_WEBHOOK_SECRET: webhookSecret,
    PROVIDER_WEBHOOK_SECRET_OLD: 'the one before',
    RECONCILE_EVERY_SECONDS: 300,
  };
  return {
    config,
    pool,
    events,
    providerUrl,
    restartProvider: async () => {
      await provider.stop();
      provider = createProvider(providerConfig);
      await provider.start();
    },
    tokenOf: (id, ...roles) =>
      issueAccessToken(
        { kid: 'user-key', algorithm: 'RS256', privateKey: userKeys.privateKey },
        { id, roles, sessionId: 'test' },
      ).token,
    stop: async () => {
      await provider.stop();
      await registry.stop();
      identity.closeAllConnections();
      identity.close();
      await events.close();
      await pool.end();
      await postgres.stop();
      await removePostgresData(join(folder, 'pg'));
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function serveKeys(publicKey: KeyObject): Promise<Server> {
  const jwk = { ...publicKey.export({ format: 'jwk' }), kid: 'user-key', alg: 'RS256', use: 'sig' };
  const server = createServer((_request, response) => {
    response.setHeader('content-type', 'application/json').end(JSON.stringify({ keys: [jwk] }));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

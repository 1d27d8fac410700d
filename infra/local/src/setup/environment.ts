import type { SystemCertificates } from './certificates.js';
import type { Secrets } from './secrets.js';

/** What is known once the ground stands: addresses and secrets that services are told. */
export interface Ground {
  readonly registryUrl: string;
  readonly eventsUrl: string;
  readonly providerUrl: string;
  readonly gatewayUrl: string;
  readonly databases: ReadonlyMap<string, string>;
  readonly secrets: Secrets;
  readonly rateLimit: number;
  readonly servicesDir: string;
  readonly dataDir: string;
  /** Undefined without TLS. */
  readonly certificates: SystemCertificates | undefined;
}

/** The environment of one instance of a service. */
export function serviceEnvironment(
  ground: Ground,
  service: string,
  instance: string,
): Record<string, string> {
  const { secrets } = ground;
  const database = ground.databases.get(service);
  return {
    INSTANCE: instance,
    HTTP_HOST: '127.0.0.1',
    HTTP_PORT: '0',
    GRPC_PORT: '0',
    ADVERTISE_ADDRESS: '127.0.0.1',
    REGISTRY_URL: ground.registryUrl,
    REGISTRY_TOKEN_FILE: secrets.registryTokenFile(service),
    EVENTS_URL: ground.eventsUrl,
    SERVICE_KEY_FILE: secrets.serviceKeyFile(service),
    SERVICE_JWKS_FILE: secrets.jwksFile,
    SHUTDOWN_DRAIN_MS: '0',
    LOG_LEVEL: 'info',
    ...(database === undefined ? {} : { DATABASE_URL: database }),
    ...tlsEnvironment(ground, service),
    ...(service === 'identity' ? identityEnvironment(ground) : {}),
    ...(service === 'payment' ? { PROVIDER_URL: ground.providerUrl, ...providerSecrets(secrets) } : {}),
  };
}

export const providerEnvironment = (
  ground: Ground,
  at: { port: number; dataDir: string },
): Record<string, string> => ({
  HTTP_HOST: '127.0.0.1',
  HTTP_PORT: String(at.port),
  WEBHOOK_URL: `${ground.gatewayUrl}/api/payments/webhooks/provider`,
  PROVIDER_DATA_DIR: at.dataDir,
  ...providerSecrets(ground.secrets),
});

export const gatewayEnvironment = (ground: Ground, port: number): Record<string, string> => ({
  HTTP_HOST: '127.0.0.1',
  HTTP_PORT: String(port),
  REGISTRY_URL: ground.registryUrl,
  SOUK_RATE_LIMIT: String(ground.rateLimit),
  SERVICES_DIR: ground.servicesDir,
  ...tlsEnvironment(ground, 'gateway'),
});

const tlsEnvironment = ({ certificates }: Ground, process: string): Record<string, string> =>
  certificates ? { TLS_DIR: certificates.folderOf(process) } : {};

/** Its DNS door is for nginx, which this way of running does without. */
export const registryEnvironment = (
  ground: Ground,
  at: { port: number; dataDir: string },
): Record<string, string> => ({
  REGISTRY_HOST: '127.0.0.1',
  REGISTRY_HTTP_PORT: String(at.port),
  REGISTRY_DNS_PORT: '0',
  REGISTRY_DATA_DIR: at.dataDir,
  REGISTRY_TOKENS_FILE: ground.secrets.registryTokensFile,
});

const identityEnvironment = ({ secrets, rateLimit }: Ground): Record<string, string> => ({
  SOUK_ADMIN_PASSWORD: secrets.adminPassword,
  SOUK_ALICE_PASSWORD: secrets.alicePassword,
  KEY_ENCRYPTION_SECRET: secrets.keyEncryptionSecret,
  SOUK_RATE_LIMIT: String(rateLimit),
});

const providerSecrets = (secrets: Secrets): Record<string, string> => ({
  PROVIDER_API_KEY: secrets.providerApiKey,
  PROVIDER_WEBHOOK_SECRET: secrets.providerWebhookSecret,
});

import { envSchema } from 'env-schema';
import { readFileSync } from 'node:fs';
import Type, { type Static, type TObject, type TProperties } from 'typebox';

/** Settings that every service has. Each key may also be given as KEY_FILE, the path of a file that holds it. */
export const serviceSettings = {
  INSTANCE: Type.String({ description: 'Name of this process among its like, such as product-1.' }),
  HTTP_HOST: Type.String({ default: '127.0.0.1', description: 'Address to listen on.' }),
  HTTP_PORT: Type.Integer({ default: 0, description: 'Port for REST; 0 takes any free one.' }),
  GRPC_PORT: Type.Integer({ default: 0, description: 'Port for gRPC; 0 takes any free one.' }),
  ADVERTISE_ADDRESS: Type.String({
    default: '127.0.0.1',
    description:
      'IP address that peers reach this process at; auto takes the one by which it reaches the registry.',
  }),
  REGISTRY_URL: Type.String({ description: 'The registry, such as http://127.0.0.1:8500.' }),
  REGISTRY_TOKEN: Type.Optional(
    Type.String({
      description: 'Lets this service write its own records, in a registry that asks for tokens.',
    }),
  ),
  SERVICE_KEY: Type.String({
    description: 'PKCS#8 PEM, EC P-256: signs the tokens that name this service to its peers.',
  }),
  SERVICE_JWKS_FILE: Type.String({ description: 'Path of the JWKS with the public keys of all services.' }),
  TLS_DIR: Type.String({
    default: '',
    description:
      'Folder with ca.pem, cert.pem and key.pem, read again when they change: mutual TLS between services. Empty: none.',
  }),
  HEALTH_PORT: Type.Integer({
    default: 0,
    description: 'With TLS_DIR: port of the plain listener for health and metrics; 0 takes any free one.',
  }),
  SHUTDOWN_DRAIN_MS: Type.Integer({
    default: 0,
    description: 'How long to go on serving after leaving the registry.',
  }),
  LOG_LEVEL: Type.String({
    default: 'info',
    description: 'pino level: trace, debug, info, warn, error, fatal or silent.',
  }),
  HOLD_STDIN: Type.Integer({
    default: 0,
    description: '1: stop when standard input closes, since whoever started this process is gone.',
  }),
  OTEL_EXPORTER_OTLP_ENDPOINT: Type.String({
    default: '',
    description:
      'Collector that spans are sent to by OTLP over HTTP, such as http://127.0.0.1:4318; none when empty.',
  }),
  ZONE: Type.String({ default: 'local', description: 'Where this process runs; told to the registry.' }),
} as const;

/** Settings of a service with a database and events. */
export const storeSettings = {
  DATABASE_URL: Type.String({
    description: "This service's own database, postgres://role:password@host:port/name.",
  }),
  DATABASE_POOL_SIZE: Type.Integer({
    default: 10,
    minimum: 2,
    description: 'Connections to the database at most.',
  }),
  FAILPOINT: Type.String({
    default: '',
    description: 'Tests only: the named point at which this process kills itself.',
  }),
  EVENTS_URL: Type.String({
    description: 'kafka://host:port,… or postgres://…/souk_events for the local log.',
  }),
} as const;

export type ServiceSettings = Static<TObject<typeof serviceSettings>>;
export type StoreSettings = Static<TObject<typeof storeSettings>>;

/**
 * Reads settings from an environment.
 * @throws an Error whose one sentence names the key that is missing or wrong
 */
export function readSettings<P extends TProperties>(
  properties: P,
  environment: NodeJS.ProcessEnv,
): Static<TObject<P>> {
  const data: NodeJS.ProcessEnv = {};
  for (const key of Object.keys(properties)) {
    const file = environment[`${key}_FILE`];
    const value = environment[key] ?? (file === undefined ? undefined : readFileSync(file, 'utf8').trim());
    if (value !== undefined) data[key] = value;
  }
  try {
    return envSchema<Static<TObject<P>>>({ schema: Type.Object(properties), data, dotenv: false });
  } catch (error) {
    const reason = error instanceof Error ? error.message.replaceAll('env/', '') : String(error);
    throw new Error(`A setting is missing or wrong: ${reason}.`, { cause: error });
  }
}

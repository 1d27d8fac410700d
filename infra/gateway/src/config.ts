import { envSchema } from 'env-schema';
import Type, { type Static } from 'typebox';

const schema = Type.Object({
  HTTP_HOST: Type.String({ default: '127.0.0.1', description: 'Address to listen on.' }),
  HTTP_PORT: Type.Integer({ default: 8080, description: 'Port to listen on.' }),
  REGISTRY_URL: Type.String({ description: 'The registry, such as http://127.0.0.1:8500.' }),
  SERVICES_DIR: Type.String({ description: 'The folder whose */service.json say which routes lead where.' }),
  TLS_DIR: Type.String({
    default: '',
    description: 'Folder with ca.pem, cert.pem and key.pem: mutual TLS to the services. Empty: none.',
  }),
  SOUK_RATE_LIMIT: Type.Number({
    default: 1,
    minimum: 0.01,
    description: 'Scales the limits per client address.',
  }),
  LOG_LEVEL: Type.String({
    default: 'info',
    description: 'pino level: trace, debug, info, warn, error or silent.',
  }),
  HOLD_STDIN: Type.String({
    default: '',
    description: '1: stop when standard input closes, the starter being gone.',
  }),
});

export type GatewayConfig = Static<typeof schema>;

/** @throws an Error that names the key that is missing or wrong */
export const readConfig = (data: NodeJS.ProcessEnv = process.env): GatewayConfig =>
  envSchema<GatewayConfig>({ schema, data, dotenv: false });

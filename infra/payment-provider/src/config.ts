import { readFileSync } from 'node:fs';

/** Everything the provider is told from outside. A secret may also be given as KEY_FILE, the path of a file that holds it. */
export interface ProviderConfig {
  /** `HTTP_HOST`, `HTTP_PORT` (0: any free port): where it listens. */
  readonly host: string;
  readonly port: number;
  /** `PROVIDER_API_KEY`: what merchants send as their bearer token. */
  readonly apiKey: string;
  /** `PROVIDER_WEBHOOK_SECRET`: signs webhooks. */
  readonly webhookSecret: string;
  /** `WEBHOOK_URL`: told every change of state; empty for nobody. */
  readonly webhookUrl: string;
  /** `PROVIDER_DATA_DIR`: where it keeps its journal. */
  readonly dataDir: string;
  /** `PROVIDER_LIE_RATE` (0): the share of its answers that are false, to see whether a merchant believes them. */
  readonly lieRate: number;
}

/**
 * The only reader of the environment.
 * @throws an Error whose one sentence names the key that is missing or wrong
 */
export function readConfig(
  environment: NodeJS.ProcessEnv = process.env,
): ProviderConfig & { readonly holdStdin: boolean } {
  const port = Number(environment['HTTP_PORT'] ?? '0');
  if (!Number.isInteger(port) || port < 0 || port > 65_535)
    throw new Error('HTTP_PORT must be a port number.');
  const lieRate = Number(environment['PROVIDER_LIE_RATE'] ?? '0');
  if (!(lieRate >= 0 && lieRate <= 1)) throw new Error('PROVIDER_LIE_RATE must be from 0 to 1.');
  return {
    host: environment['HTTP_HOST'] ?? '127.0.0.1',
    port,
    apiKey: required(environment, 'PROVIDER_API_KEY'),
    webhookSecret: required(environment, 'PROVIDER_WEBHOOK_SECRET'),
    webhookUrl: environment['WEBHOOK_URL'] ?? '',
    dataDir: required(environment, 'PROVIDER_DATA_DIR'),
    lieRate,
    holdStdin: environment['HOLD_STDIN'] === '1',
  };
}

function required(environment: NodeJS.ProcessEnv, key: string): string {
  const file = environment[`${key}_FILE`];
  const value = environment[key] ?? (file === undefined ? '' : readFileSync(file, 'utf8').trim());
  if (value === '') throw new Error(`Set ${key}: the payment provider has no default for it.`);
  return value;
}

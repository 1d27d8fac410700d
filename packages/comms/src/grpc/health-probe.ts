import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import {
  type ChannelCredentials,
  credentials,
  loadPackageDefinition,
  type ServiceError,
} from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';

/** What grpc.health.v1 answers, or why it gave no answer. */
export type HealthAnswer =
  'SERVING' | 'NOT_SERVING' | 'UNKNOWN' | 'SERVICE_UNKNOWN' | 'UNIMPLEMENTED' | 'UNREACHABLE' | 'TIMED_OUT';

export interface HealthProbe {
  /** A grpc-js target: `host:port`, `ipv4:1.2.3.4:5000`. */
  readonly address: string;
  /** Empty asks for the server as a whole. */
  readonly service: string;
  readonly timeoutMs: number;
  /** Plaintext when absent. */
  readonly tls?: { readonly verify: boolean; readonly serverName: string };
}

interface HealthClient {
  check(
    request: { service: string },
    options: { deadline: Date },
    done: (error: ServiceError | null, response?: { status?: string }) => void,
  ): void;
  close(): void;
}

type HealthClientConstructor = new (
  address: string,
  credentials: ChannelCredentials,
  options: Record<string, unknown>,
) => HealthClient;

const STATUS_CODES: Readonly<Record<number, HealthAnswer>> = {
  4: 'TIMED_OUT',
  5: 'SERVICE_UNKNOWN',
  12: 'UNIMPLEMENTED',
};
const ANSWERS: ReadonlySet<string> = new Set(['SERVING', 'NOT_SERVING', 'SERVICE_UNKNOWN']);

let clientConstructor: HealthClientConstructor | undefined;

/**
 * Asks one server for its health over a connection of its own, which it closes.
 * @returns the server's answer, or why there is none; never throws
 */
export function probeGrpcHealth(probe: HealthProbe): Promise<HealthAnswer> {
  clientConstructor ??= loadClient();
  const client = new clientConstructor(probe.address, credentialsOf(probe), optionsOf(probe));
  const deadline = new Date(Date.now() + probe.timeoutMs);
  return new Promise((resolve) => {
    client.check({ service: probe.service }, { deadline }, (error, response) => {
      client.close();
      resolve(error === null ? answerOf(response?.status) : (STATUS_CODES[error.code] ?? 'UNREACHABLE'));
    });
  });
}

function credentialsOf({ tls }: HealthProbe): ChannelCredentials {
  if (tls === undefined) return credentials.createInsecure();
  return credentials.createSsl(null, null, null, { rejectUnauthorized: tls.verify });
}

function optionsOf({ tls }: HealthProbe): Record<string, unknown> {
  return {
    'grpc.use_local_subchannel_pool': 1,
    'grpc.enable_retries': 0,
    ...(tls === undefined ? {} : { 'grpc.ssl_target_name_override': tls.serverName }),
  };
}

function answerOf(status: string | undefined): HealthAnswer {
  return status !== undefined && ANSWERS.has(status) ? (status as HealthAnswer) : 'UNKNOWN';
}

function loadClient(): HealthClientConstructor {
  const root = dirname(createRequire(import.meta.url).resolve('grpc-health-check/package.json'));
  const definition = loadSync(join(root, 'proto/health/v1/health.proto'), { enums: String, defaults: true });
  const loaded = loadPackageDefinition(definition) as unknown as {
    grpc: { health: { v1: { Health: HealthClientConstructor } } };
  };
  return loaded.grpc.health.v1.Health;
}

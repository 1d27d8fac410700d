import { createHash } from 'node:crypto';
import { hostname } from 'node:os';
import { envSchema } from 'env-schema';
import { DEFAULT_CHECK_NETWORKS } from './checks/address-guard.js';

const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'];

/** Everything the registry is told from outside. */
export interface RegistryConfig {
  /** Where it listens: `REGISTRY_HOST`, `REGISTRY_HTTP_PORT` (0: any free port). */
  readonly host: string;
  readonly httpPort: number;
  /** `REGISTRY_DNS_PORT`: of UDP and TCP; 0 is off. */
  readonly dnsPort: number;
  /**
   * `REGISTRY_DNS_HOLD_MS`: how long after a start, and after a service's checks lapsed, DNS answers SERVFAIL where
   * nothing passes; 0 answers NXDOMAIN at once, as Consul does.
   */
  readonly dnsHoldMs: number;
  /** Who it is: `REGISTRY_NODE_NAME` (the host's name), `_ID` (made from the name), `_ADDRESS`, `_META` (JSON). */
  readonly nodeName: string;
  readonly nodeId: string;
  readonly nodeAddress: string;
  readonly nodeMeta: Readonly<Record<string, string>>;
  readonly datacenter: string;
  /** `REGISTRY_DATA_DIR`: where it keeps its log; empty keeps everything in memory. */
  readonly dataDir: string;
  /** `REGISTRY_COMPACT_BYTES`: a log past this size is replaced by a snapshot. */
  readonly compactAtBytes: number;
  /** `REGISTRY_MAX_BLOCKING_QUERIES`: how many may wait at once; who comes after is refused with 429. */
  readonly maxBlockingQueries: number;
  readonly logLevel: string;
  /** `REGISTRY_HTTP_HEADERS` (JSON): sent with every answer. */
  readonly httpHeaders: Readonly<Record<string, string>>;
  /** `REGISTRY_SERVER_PORT`: the port that `/v1/status/leader` names. */
  readonly serverPort: number;
  /** `REGISTRY_CONSUL_VERSION`: the version that `/v1/agent/self` reports. */
  readonly consulVersion: string;
  /** `REGISTRY_CHECK_NETWORKS`: CIDRs, parted by commas, that checks may reach; loopback and private ones by default. */
  readonly checkNetworks: readonly string[];
  /** `REGISTRY_TOKENS_FILE`: JSON of services by their tokens, `*` for an operator; without it everybody may do everything. */
  readonly tokensFile: string;
  /** `REGISTRY_ANONYMOUS_READS`: whether reading needs no token. */
  readonly anonymousReads: boolean;
  /** `HOLD_STDIN=1`: stop when standard input ends. */
  readonly holdStdin: boolean;
}

const schema = {
  type: 'object',
  properties: {
    REGISTRY_HOST: { type: 'string', default: '127.0.0.1' },
    REGISTRY_HTTP_PORT: { type: 'integer', minimum: 0, maximum: 65_535, default: 8500 },
    REGISTRY_DNS_PORT: { type: 'integer', minimum: 0, maximum: 65_535, default: 8600 },
    REGISTRY_DNS_HOLD_MS: { type: 'integer', minimum: 0, default: 30_000 },
    REGISTRY_NODE_NAME: { type: 'string', default: '' },
    REGISTRY_NODE_ID: { type: 'string', default: '' },
    REGISTRY_NODE_ADDRESS: { type: 'string', default: '' },
    REGISTRY_NODE_META: { type: 'string', default: '{}' },
    REGISTRY_DATACENTER: { type: 'string', minLength: 1, default: 'dc1' },
    REGISTRY_DATA_DIR: { type: 'string', default: '' },
    REGISTRY_COMPACT_BYTES: { type: 'integer', minimum: 1, default: 8 * 1024 * 1024 },
    REGISTRY_MAX_BLOCKING_QUERIES: { type: 'integer', minimum: 1, default: 16_384 },
    REGISTRY_LOG_LEVEL: { type: 'string', enum: LOG_LEVELS, default: 'info' },
    REGISTRY_HTTP_HEADERS: { type: 'string', default: '{}' },
    REGISTRY_SERVER_PORT: { type: 'integer', minimum: 1, maximum: 65_535, default: 8300 },
    REGISTRY_CONSUL_VERSION: { type: 'string', default: '1.20.0' },
    REGISTRY_CHECK_NETWORKS: { type: 'string', default: DEFAULT_CHECK_NETWORKS.join(',') },
    REGISTRY_TOKENS_FILE: { type: 'string', default: '' },
    REGISTRY_ANONYMOUS_READS: { type: 'boolean', default: true },
    HOLD_STDIN: { type: 'string', default: '' },
  },
} as const;

interface Environment {
  readonly REGISTRY_HOST: string;
  readonly REGISTRY_HTTP_PORT: number;
  readonly REGISTRY_DNS_PORT: number;
  readonly REGISTRY_DNS_HOLD_MS: number;
  readonly REGISTRY_NODE_NAME: string;
  readonly REGISTRY_NODE_ID: string;
  readonly REGISTRY_NODE_ADDRESS: string;
  readonly REGISTRY_NODE_META: string;
  readonly REGISTRY_DATACENTER: string;
  readonly REGISTRY_DATA_DIR: string;
  readonly REGISTRY_COMPACT_BYTES: number;
  readonly REGISTRY_MAX_BLOCKING_QUERIES: number;
  readonly REGISTRY_LOG_LEVEL: string;
  readonly REGISTRY_HTTP_HEADERS: string;
  readonly REGISTRY_SERVER_PORT: number;
  readonly REGISTRY_CONSUL_VERSION: string;
  readonly REGISTRY_CHECK_NETWORKS: string;
  readonly REGISTRY_TOKENS_FILE: string;
  readonly REGISTRY_ANONYMOUS_READS: boolean;
  readonly HOLD_STDIN: string;
}

/**
 * Reads the configuration.
 * @throws Error with a sentence that names the key and what it should be
 */
export function readConfig(data: NodeJS.ProcessEnv = process.env): RegistryConfig {
  const env = envSchema<Environment>({ schema, data, env: false });
  const nodeName = env.REGISTRY_NODE_NAME || hostname();
  return {
    host: env.REGISTRY_HOST,
    httpPort: env.REGISTRY_HTTP_PORT,
    dnsPort: env.REGISTRY_DNS_PORT,
    dnsHoldMs: env.REGISTRY_DNS_HOLD_MS,
    nodeName,
    nodeId: env.REGISTRY_NODE_ID || nodeIdOf(nodeName),
    nodeAddress: env.REGISTRY_NODE_ADDRESS || addressOf(env.REGISTRY_HOST),
    nodeMeta: parseTextMap('REGISTRY_NODE_META', env.REGISTRY_NODE_META),
    datacenter: env.REGISTRY_DATACENTER,
    dataDir: env.REGISTRY_DATA_DIR,
    compactAtBytes: env.REGISTRY_COMPACT_BYTES,
    maxBlockingQueries: env.REGISTRY_MAX_BLOCKING_QUERIES,
    logLevel: env.REGISTRY_LOG_LEVEL,
    httpHeaders: parseTextMap('REGISTRY_HTTP_HEADERS', env.REGISTRY_HTTP_HEADERS),
    serverPort: env.REGISTRY_SERVER_PORT,
    consulVersion: env.REGISTRY_CONSUL_VERSION,
    checkNetworks: env.REGISTRY_CHECK_NETWORKS.split(',')
      .map((network) => network.trim())
      .filter(Boolean),
    tokensFile: env.REGISTRY_TOKENS_FILE,
    anonymousReads: env.REGISTRY_ANONYMOUS_READS,
    holdStdin: env.HOLD_STDIN === '1',
  };
}

/** The wildcard is where to listen, but nowhere to be reached. */
function addressOf(host: string): string {
  return ['0.0.0.0', '::'].includes(host) ? '127.0.0.1' : host;
}

/** The same name gives the same UUID, so that a restart is the same node. */
function nodeIdOf(nodeName: string): string {
  const hex = createHash('sha256').update(nodeName).digest('hex');
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `4${hex.slice(13, 16)}`,
    `8${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ].join('-');
}

function parseTextMap(key: string, text: string): Record<string, string> {
  const problem = new Error(`${key} must be a JSON object that maps text to text`);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw problem;
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw problem;
  const pairs = Object.entries(value).map(([name, field]: [string, unknown]) => {
    if (typeof field !== 'string') throw problem;
    return [name, field] as const;
  });
  return Object.fromEntries(pairs);
}

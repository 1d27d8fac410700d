import { Agent, request } from 'undici';
import { ServiceError } from '../errors/index.js';

/** One running instance as the registry names it. */
export interface Endpoint {
  readonly id: string;
  readonly address: string;
  readonly port: number;
  readonly meta: Readonly<Record<string, string>>;
}

export interface Registration {
  readonly id: string;
  readonly name: string;
  readonly address: string;
  readonly port: number;
  readonly tags?: readonly string[];
  readonly meta: Readonly<Record<string, string>>;
  /** The registry calls the instance critical when no beat came for so long. */
  readonly ttlSeconds: number;
}

export interface InstanceHealth extends Endpoint {
  readonly status: 'passing' | 'warning' | 'critical';
}

export interface ServiceHealth {
  readonly index: number;
  readonly endpoints: readonly Endpoint[];
}

/** The part of Consul's HTTP API that services need (https://developer.hashicorp.com/consul/api-docs). */
export interface RegistryClient {
  register(registration: Registration): Promise<void>;
  deregister(id: string): Promise<void>;
  /** False when the registry does not know the check: the instance must register again. */
  beat(id: string): Promise<boolean>;
  /** Passing instances; waits up to `waitSeconds` for the index to pass `index`. */
  passing(
    name: string,
    query: { index: number; waitSeconds: number; signal?: AbortSignal },
  ): Promise<ServiceHealth>;
  /** Every instance, whatever its state. */
  instances(name: string): Promise<InstanceHealth[]>;
  /** Undefined when absent. */
  readKey(key: string): Promise<string | undefined>;
  writeKey(key: string, value: string): Promise<void>;
  close(): Promise<void>;
}

interface HealthEntry {
  readonly Checks: readonly { readonly Status: string }[];
  readonly Node: { readonly Address: string };
  readonly Service: {
    readonly ID: string;
    readonly Address: string;
    readonly Port: number;
    readonly Meta: Record<string, string> | null;
  };
}

/** @param token sent with every request, for a registry that asks for one */
export function createRegistryClient(registryUrl: string, token = ''): RegistryClient {
  const origin = registryUrl.replace(/\/$/, '');
  const dispatcher = new Agent({ connections: 64, pipelining: 1, headersTimeout: 0, bodyTimeout: 0 });

  const call = async (
    method: 'GET' | 'PUT',
    path: string,
    options: { body?: unknown; signal?: AbortSignal | undefined } = {},
  ) => {
    const answer = await request(`${origin}/v1${path}`, {
      method,
      dispatcher,
      ...(token === '' ? {} : { headers: { 'X-Consul-Token': token } }),
      signal: options.signal ?? AbortSignal.timeout(5000),
      ...(options.body === undefined ? {} : { body: JSON.stringify(options.body) }),
    });
    const text = await answer.body.text();
    return { status: answer.statusCode, headers: answer.headers, text };
  };
  const expectOk = (answer: { status: number; text: string }) => {
    if (answer.status !== 200) {
      throw new ServiceError('unavailable', `The registry answered ${String(answer.status)}: ${answer.text}`);
    }
  };

  return {
    register: async (registration) => {
      expectOk(
        await call('PUT', '/agent/service/register?replace-existing-checks=true', {
          body: {
            ID: registration.id,
            Name: registration.name,
            Address: registration.address,
            Port: registration.port,
            Tags: registration.tags ?? [],
            Meta: registration.meta,
            Check: {
              CheckID: `service:${registration.id}`,
              TTL: `${String(registration.ttlSeconds)}s`,
              Status: 'passing',
              DeregisterCriticalServiceAfter: '1m',
            },
          },
        }),
      );
    },
    deregister: async (id) => {
      const answer = await call('PUT', `/agent/service/deregister/${encodeURIComponent(id)}`);
      if (answer.status !== 404) expectOk(answer);
    },
    beat: async (id) => {
      const answer = await call('PUT', `/agent/check/pass/${encodeURIComponent(`service:${id}`)}`);
      if (answer.status === 404) return false;
      expectOk(answer);
      return true;
    },
    passing: async (name, { index, waitSeconds, signal }) => {
      const query = `passing=true&index=${String(index)}&wait=${String(waitSeconds)}s`;
      // The registry adds up to a sixteenth to the wait (Consul's jitter).
      const limit = AbortSignal.timeout((waitSeconds * 1.1 + 5) * 1000);
      const answer = await call('GET', `/health/service/${encodeURIComponent(name)}?${query}`, {
        signal: signal ? AbortSignal.any([signal, limit]) : limit,
      });
      expectOk(answer);
      const entries = JSON.parse(answer.text) as HealthEntry[];
      return {
        index: Number(answer.headers['x-consul-index'] ?? 0),
        endpoints: entries.map(endpointOf),
      };
    },
    instances: async (name) => {
      const answer = await call('GET', `/health/service/${encodeURIComponent(name)}`);
      expectOk(answer);
      const entries = JSON.parse(answer.text) as HealthEntry[];
      return entries.map((entry) => ({ ...endpointOf(entry), status: worstOf(entry) }));
    },
    readKey: async (key) => {
      const answer = await call('GET', `/kv/${key}?raw`);
      if (answer.status === 404) return undefined;
      expectOk(answer);
      return answer.text;
    },
    writeKey: async (key, value) => {
      expectOk(await call('PUT', `/kv/${key}`, { body: value }));
    },
    close: () => dispatcher.destroy(),
  };
}

const endpointOf = ({ Node, Service }: HealthEntry): Endpoint => ({
  id: Service.ID,
  address: Service.Address === '' ? Node.Address : Service.Address,
  port: Service.Port,
  meta: Service.Meta ?? {},
});

/** An instance is as well as its worst check. */
function worstOf({ Checks }: HealthEntry): InstanceHealth['status'] {
  const statuses = Checks.map(({ Status }) => Status);
  if (statuses.includes('critical')) return 'critical';
  return statuses.includes('warning') ? 'warning' : 'passing';
}

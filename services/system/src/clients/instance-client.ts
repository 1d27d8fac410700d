import type { Certificates } from '@souk/comms/auth';
import type { RegistryClient } from '@souk/comms/discovery';
import { createTlsConnector } from '@souk/comms/http';
import type { MetricPoint } from '@souk/comms/telemetry';
import { Agent } from 'undici';

const timeoutMs = 2000;

/** Asks each instance of a service for itself, past any balancing. */
export interface InstanceClient {
  metrics(service: string): Promise<MetricPoint[][]>;
  /** One instance's OpenAPI document; undefined when none answers. */
  document(service: string): Promise<unknown>;
  close(): Promise<void>;
}

/** @param certificates given: by mutual TLS */
export function createInstanceClient(
  registry: RegistryClient,
  certificates: Certificates | undefined,
): InstanceClient {
  const dispatchers = new Map<string, Agent>();
  const dispatcherTo = (service: string): Agent => {
    const connect = certificates && createTlsConnector(certificates, () => service);
    const known = dispatchers.get(service) ?? new Agent({ connections: 4, ...(connect ? { connect } : {}) });
    dispatchers.set(service, known);
    return known;
  };
  const get = async (dispatcher: Agent, origin: string, path: string): Promise<unknown> => {
    const signal = AbortSignal.timeout(timeoutMs);
    const headers = { accept: 'application/json' };
    const answer = await dispatcher.request({ origin, path, method: 'GET', headers, signal });
    if (answer.statusCode !== 200) {
      await answer.body.dump();
      throw new Error(`${origin}${path} answered ${String(answer.statusCode)}`);
    }
    return answer.body.json();
  };
  const fromEach = async (service: string, path: string): Promise<unknown[]> => {
    const instances = await registry.instances(service);
    const passing = instances.filter(({ status }) => status === 'passing');
    const answers = await Promise.allSettled(
      passing.map(({ address, port }) =>
        get(dispatcherTo(service), `${certificates ? 'https' : 'http'}://${address}:${String(port)}`, path),
      ),
    );
    return answers.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value] : []));
  };
  return {
    metrics: async (service) => (await fromEach(service, '/metrics')) as MetricPoint[][],
    document: async (service) => (await fromEach(service, '/openapi.json'))[0],
    close: async () => {
      await Promise.all([...dispatchers.values()].map((dispatcher) => dispatcher.close()));
    },
  };
}

import type { Ground } from '../setup/environment.js';

/**
 * Takes what an instance's killed predecessor left registered out of the registry: it would pass for the new process
 * until its TTL ends. Without a registry there is nothing to take out, and the instance registers when one is back.
 */
export async function forgetInstance(ground: Ground, service: string, instance: string): Promise<void> {
  const { registryUrl, secrets } = ground;
  const ids = [instance, instance.replace(service, `${service}-grpc`)];
  await Promise.allSettled(
    ids.map((id) =>
      fetch(`${registryUrl}/v1/agent/service/deregister/${id}`, {
        method: 'PUT',
        headers: { 'X-Consul-Token': secrets.registryOperatorToken },
        signal: AbortSignal.timeout(1000),
      }),
    ),
  );
}

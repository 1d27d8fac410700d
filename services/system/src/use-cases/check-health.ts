import type { InstanceHealth, RegistryClient } from '@souk/comms/discovery';
import type { Manifest } from '../clients/manifests.js';

export interface SystemHealth {
  readonly status: 'ok' | 'failing';
  readonly seeded: boolean;
  readonly services: {
    readonly name: string;
    readonly status: 'ok' | 'failing';
    readonly instances: { id: string; address: string; port: number; status: InstanceHealth['status'] }[];
  }[];
}

export interface HealthDeps {
  readonly registry: RegistryClient;
  readonly manifests: readonly Manifest[];
  readonly isSeeded: () => Promise<boolean>;
}

/** The whole is well when each service has a passing instance and seeding is done. */
export async function checkHealth(deps: HealthDeps): Promise<SystemHealth> {
  const services = await Promise.all(
    deps.manifests.map(async ({ name }) => {
      const instances = await deps.registry.instances(name).catch(() => []);
      const isWell = instances.some(({ status }) => status === 'passing');
      return {
        name,
        status: isWell ? ('ok' as const) : ('failing' as const),
        instances: instances.map(({ id, address, port, status }) => ({ id, address, port, status })),
      };
    }),
  );
  const seeded = await deps.isSeeded().catch(() => false);
  const isWell = seeded && services.every(({ status }) => status === 'ok');
  return { status: isWell ? 'ok' : 'failing', seeded, services };
}

/** Asks the registry until the key is there, then remembers: a registry that is wiped later changes nothing. */
export function createSeedCheck(registry: RegistryClient, key: string): () => Promise<boolean> {
  let seeded = key === '';
  return async () => {
    seeded ||= (await registry.readKey(key)) !== undefined;
    return seeded;
  };
}

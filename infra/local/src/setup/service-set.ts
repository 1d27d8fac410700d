import { untilPassing } from '../processes/readiness.js';
import type { Member } from '../processes/supervisor.js';
import type { ProcessTable } from '../processes/table.js';
import type { ServiceManifest } from './manifests.js';

/** The services' instances: `product-1`, `product-2` … */
export interface ServiceSet {
  /** Starts or stops instances until there are `count`; resolves when they are ready. */
  scale(service: string, count: number): Promise<void>;
  /** Every service at once, each by its manifest's `replicas` unless given here. */
  scaleAll(counts: Readonly<Record<string, number>>): Promise<void>;
  /** Resolves when the registry sees every instance passing. */
  ready(): Promise<void>;
}

export function createServiceSet(deps: {
  table: ProcessTable;
  registryUrl: string;
  manifests: readonly ServiceManifest[];
  memberOf: (service: string, instance: string) => Member;
}): ServiceSet {
  const { table, manifests } = deps;
  const counts = new Map<string, number>();

  const manifestOf = (service: string): ServiceManifest => {
    const manifest = manifests.find(({ name }) => name === service);
    if (!manifest)
      throw new Error(
        `There is no service ${service}: there are ${manifests.map((m) => m.name).join(', ')}.`,
      );
    return manifest;
  };

  const readyOf = async (manifest: ServiceManifest): Promise<void> => {
    const instances = instancesOf(manifest.name, counts.get(manifest.name) ?? 0);
    const ids = instances.flatMap((instance) => [
      instance,
      ...(manifest.grpc.length > 0 ? [instance.replace(manifest.name, `${manifest.name}-grpc`)] : []),
    ]);
    const over = new AbortController();
    let passing = untilPassing(deps.registryUrl, ids, over.signal);
    for (const instance of instances) passing = table.get(instance).whileRunning(passing);
    await passing.finally(() => {
      over.abort();
    });
  };

  const scale = async (service: string, count: number): Promise<void> => {
    const manifest = manifestOf(service);
    const before = counts.get(service) ?? 0;
    counts.set(service, count);
    const surplus = instancesOf(service, before).slice(count);
    const missing = instancesOf(service, count).slice(before);
    await Promise.all([
      ...surplus.map(async (instance) => {
        await table.get(instance).stop();
        table.remove(instance);
      }),
      ...missing.map((instance) => table.add(deps.memberOf(service, instance)).start()),
    ]);
    await readyOf(manifest);
  };

  return {
    scale,
    scaleAll: async (wanted) => {
      Object.keys(wanted).forEach(manifestOf);
      await Promise.all(manifests.map(({ name, replicas }) => scale(name, wanted[name] ?? replicas)));
    },
    ready: async () => {
      await Promise.all(manifests.map(readyOf));
    },
  };
}

const instancesOf = (service: string, count: number): string[] =>
  Array.from({ length: count }, (_, index) => `${service}-${index + 1}`);

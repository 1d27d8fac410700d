import type { Logger } from '../telemetry/index.js';
import { createLoop, type Loop } from '../resilience/index.js';
import { createPicker, type Picker } from './picker.js';
import type { RegistryClient } from './registry-client.js';

const waitSeconds = 60;

/** Knows where services run, following the registry. What it last knew stays good while the registry is away. */
export interface Directory {
  /** The picker over a service's passing instances. The first call waits for the registry's first answer. */
  lookup(name: string): Promise<Picker>;
  close(): Promise<void>;
}

export function createDirectory(deps: { registry: RegistryClient; logger: Logger }): Directory {
  const watches = new Map<string, { picker: Picker; first: Promise<void>; loop: Loop }>();

  const watch = (name: string) => {
    const picker = createPicker(name);
    let settle: () => void = () => undefined;
    const first = new Promise<void>((resolve) => {
      settle = resolve;
    });
    let index = 0;
    const round = async (signal: AbortSignal) => {
      const health = await deps.registry.passing(name, { index, waitSeconds, signal });
      // Consul's advice: a lower index means that the server started anew.
      index = health.index < index ? 0 : health.index;
      // An empty answer is more often a registry that was wiped than a service that is wholly gone.
      if (health.endpoints.length > 0) picker.replace(health.endpoints);
      settle();
      return health.endpoints.length > 0 ? 0 : 100;
    };
    const onError = (error: unknown) => {
      if (!(error instanceof Error && error.name === 'AbortError')) {
        deps.logger.warn(
          { service: name, reason: String(error) },
          'the registry does not answer; keeping what is known',
        );
      }
      settle();
    };
    const loop = createLoop(round, { onError, errorPauseMs: 1000 });
    loop.start();
    return { picker, first, loop };
  };

  return {
    lookup: async (name) => {
      let entry = watches.get(name);
      if (!entry) {
        entry = watch(name);
        watches.set(name, entry);
      }
      await entry.first;
      return entry.picker;
    },
    close: async () => {
      await Promise.all([...watches.values()].map(({ loop }) => loop.stop()));
    },
  };
}

import type { RunningSystem } from '@souk/local';

/** Read-only URLs of the databases of a system that this process runs, by service: what `verify` takes. */
export const verifierUrls = (system: RunningSystem): Record<string, string> =>
  Object.fromEntries(Object.keys(system.databases).map((name) => [name, system.verifierUrl(name)]));

export { startSystem } from './start-system.js';
export type { RunningProcess, Rewire, RunningSystem, SystemOptions } from './system.js';
export { readManifests, type ServiceManifest } from './setup/manifests.js';
export type { Secrets } from './setup/secrets.js';
export { parseEvents } from './commands/options.js';
export type { EventsChoice, EventsKind } from './setup/events.js';
export { readConfig, type LocalConfig } from './config.js';

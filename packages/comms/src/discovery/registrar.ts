import type { Logger } from '../telemetry/index.js';
import { createLoop } from '../resilience/index.js';
import type { RegistryClient, Registration } from './registry-client.js';

export const ttlSeconds = 10;
const beatEveryMs = 3000;

/** Keeps this instance's entries in the registry alive. */
export interface Registrar {
  /** Registers now if the registry answers, else as soon as it does: a service starts without it. */
  start(): Promise<void>;
  /** Takes the entries out, so that nobody picks this instance any more. */
  stop(): Promise<void>;
}

export function createRegistrar(deps: {
  registry: RegistryClient;
  registrations: readonly Registration[];
  logger: Logger;
}): Registrar {
  const { registry, registrations, logger } = deps;
  let registered = false;
  let lastError = '';

  const registerAll = async () => {
    await Promise.all(registrations.map((registration) => registry.register(registration)));
    registered = true;
    lastError = '';
  };
  const beatAll = async () => {
    if (!registered) {
      await registerAll();
      return beatPause();
    }
    const known = await Promise.all(registrations.map(({ id }) => registry.beat(id)));
    if (known.includes(false)) {
      logger.warn('the registry has forgotten this instance; registering again');
      await registerAll();
    }
    return beatPause();
  };
  const report = (error: unknown) => {
    const message = error instanceof Error ? error.message : String(error);
    if (message !== lastError) logger.warn({ reason: message }, 'the registry cannot be reached; trying on');
    lastError = message;
  };
  const loop = createLoop(beatAll, { onError: report, errorPauseMs: 1000 });
  return {
    start: async () => {
      await registerAll().catch(report);
      loop.start();
    },
    stop: async () => {
      await loop.stop();
      await Promise.all(registrations.map(({ id }) => registry.deregister(id))).catch(report);
    },
  };
}

/** Jittered by a tenth, so that many instances don't beat in step. */
const beatPause = (): number => beatEveryMs * (0.9 + Math.random() * 0.2);

import type { RunningSystem, SystemOptions } from '../system.js';
import { startSystem } from '../start-system.js';

/**
 * Runs a system until Ctrl-C or SIGTERM, then stops it in order; a second one ends this process at once, upon which
 * every child ends by itself, since its pipe closes.
 */
export async function runInForeground(
  options: SystemOptions,
  whenStarted: (system: RunningSystem) => Promise<void>,
): Promise<void> {
  let asked = 0;
  const stopAsked = new Promise<void>((resolve) => {
    const onSignal = (): void => {
      asked += 1;
      if (asked > 1) process.exit(130);
      process.stdout.write('\nStopping …\n');
      resolve();
    };
    process.on('SIGINT', onSignal).on('SIGTERM', onSignal).on('SIGHUP', onSignal);
  });
  const starting = startSystem(options);
  const started = starting.then(whenStarted);
  // Asked while starting: the start is let finish, since it owns what there is to stop.
  await Promise.race([stopAsked, started.then(() => stopAsked)]).catch(async (error: unknown) => {
    await starting.then((system) => system.stop()).catch(() => undefined);
    throw error;
  });
  started.catch(() => undefined);
  await (await starting).stop();
  process.exit(0);
}

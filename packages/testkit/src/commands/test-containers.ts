import { inheritedEnvironment, leaveHandle, readConfig } from '../config.js';
import { startContainers } from '../containers/start.js';
import { runJest } from './run-jest.js';

const suites = ['--config', 'packages/testkit/jest.e2e.config.js'];

/**
 * `npm run test:containers [-- jest's own arguments]`: the end-to-end suites, and what only containers show, on a
 * system of containers that is brought up for it and taken down afterwards, whatever happened; then every invariant.
 * With SOUK_URL it joins the system there instead.
 */
export async function run(args: readonly string[]): Promise<void> {
  if (readConfig().url !== undefined) {
    process.exitCode = await runJest('containers', [...suites, ...args]);
    return;
  }
  const startedAt = performance.now();
  process.stdout.write('Bringing up the containers …\n');
  const system = await startContainers(inheritedEnvironment());
  // A signal reaches jest as well, which ends by itself; what it ran against is taken down below.
  const wait = (): void => undefined;
  process.on('SIGINT', wait).on('SIGTERM', wait);
  try {
    process.stdout.write(`${system.handle.url} after ${secondsSince(startedAt)} s.\n`);
    leaveHandle(JSON.stringify(system.handle));
    process.exitCode = await runJest('containers', [...suites, ...args]);
    process.stdout.write(await system.verify());
  } finally {
    process.stdout.write('Taking down the containers …\n');
    await system.stop();
    process.stdout.write(`${secondsSince(startedAt)} s in all.\n`);
  }
}

const secondsSince = (startedAt: number): string => ((performance.now() - startedAt) / 1000).toFixed(0);

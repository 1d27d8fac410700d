import { runJest } from './run-jest.js';

/** Most of an integration suite is waiting for leases, sessions and brokers, so that two go side by side on one core. */
const sideBySide = ['--maxWorkers', '2'];

/** What each suite is, in the order in which they run. */
const suites = {
  unit: ['--config', 'jest.config.js', ...sideBySide, '--testPathPatterns', '(?<!\\.(int|e2e))\\.spec\\.ts$'],
  int: ['--config', 'jest.config.js', ...sideBySide, '--testPathPatterns', '\\.int\\.spec\\.ts$'],
  e2e: ['--config', 'packages/testkit/jest.e2e.config.js'],
} as const;

type Suite = keyof typeof suites;
const isSuite = (text: string): text is Suite => Object.hasOwn(suites, text);

/**
 * `npm test [-- unit|int|e2e …] [-- jest's own arguments]`: every suite, or those named, one after the other.
 * Each leaves its figures as JSON in .souk/test-results.
 */
export async function run(args: readonly string[]): Promise<void> {
  const named = args.filter(isSuite);
  const rest = args.filter((argument) => !isSuite(argument));
  const chosen = named.length > 0 ? named : (Object.keys(suites) as Suite[]);
  const failed: Suite[] = [];
  for (const suite of chosen) {
    process.stdout.write(`\n── ${suite} ──\n`);
    if ((await runJest(suite, [...suites[suite], ...rest])) !== 0) failed.push(suite);
  }
  if (failed.length > 0) process.stdout.write(`\nFailed: ${failed.join(', ')}.\n`);
  process.exitCode = failed.length === 0 ? 0 : 1;
}

import { spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../../../', import.meta.url));
const resultsDir = join(root, '.souk', 'test-results');

/** What each suite is, in the order in which they run. */
const suites = {
  unit: ['jest.config.js', '--testPathPatterns', '(?<!\\.(int|e2e))\\.spec\\.ts$'],
  int: ['jest.config.js', '--testPathPatterns', '\\.int\\.spec\\.ts$'],
  e2e: ['packages/testkit/jest.e2e.config.js'],
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
  mkdirSync(resultsDir, { recursive: true });
  const failed: Suite[] = [];
  for (const suite of chosen) {
    process.stdout.write(`\n── ${suite} ──\n`);
    if ((await runJest(suite, rest)) !== 0) failed.push(suite);
  }
  if (failed.length > 0) process.stdout.write(`\nFailed: ${failed.join(', ')}.\n`);
  process.exitCode = failed.length === 0 ? 0 : 1;
}

function runJest(suite: Suite, rest: readonly string[]): Promise<number> {
  const [config, ...selection] = suites[suite];
  const child = spawn(
    process.execPath,
    [
      '--experimental-vm-modules',
      '--disable-warning=ExperimentalWarning',
      join(root, 'node_modules', 'jest', 'bin', 'jest.js'),
      '--config',
      join(root, config),
      ...selection,
      '--json',
      '--outputFile',
      join(resultsDir, `${suite}.json`),
      ...rest,
    ],
    // With --json, jest tells its progress on standard error and the figures on standard output.
    { cwd: root, stdio: ['inherit', 'ignore', 'inherit'] },
  );
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', (code) => {
      resolve(code ?? 1);
    });
  });
}

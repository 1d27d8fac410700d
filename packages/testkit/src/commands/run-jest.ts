import { spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../../../', import.meta.url));
const resultsDir = join(root, '.souk', 'test-results');

/** Runs jest in the foreground, leaving its figures as `.souk/test-results/<name>.json`. @returns its exit code */
export function runJest(name: string, args: readonly string[]): Promise<number> {
  mkdirSync(resultsDir, { recursive: true });
  const child = spawn(
    process.execPath,
    [
      '--experimental-vm-modules',
      '--disable-warning=ExperimentalWarning',
      join(root, 'node_modules', 'jest', 'bin', 'jest.js'),
      ...args,
      '--json',
      '--outputFile',
      join(resultsDir, `${name}.json`),
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

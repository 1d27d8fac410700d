import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../../../', import.meta.url));
const resultsDir = join(root, '.souk', 'test-results');

/** Once its figures are written, jest has nothing left to do; what holds it longer is a leak of a test. */
const mustEndWithinMs = 60_000;

/**
 * Runs jest in the foreground, leaving its figures as `.souk/test-results/<name>.json`. What a test left open fails
 * the run instead of holding it for ever.
 * @returns its exit code
 */
export function runJest(name: string, args: readonly string[]): Promise<number> {
  mkdirSync(resultsDir, { recursive: true });
  const figures = join(resultsDir, `${name}.json`);
  rmSync(figures, { force: true });
  const child = spawn(
    process.execPath,
    [
      '--experimental-vm-modules',
      '--disable-warning=ExperimentalWarning',
      join(root, 'node_modules', 'jest', 'bin', 'jest.js'),
      ...args,
      '--json',
      '--outputFile',
      figures,
    ],
    // With --json, jest tells its progress on standard error and the figures on standard output.
    { cwd: root, stdio: ['inherit', 'ignore', 'inherit'] },
  );
  let writtenAt: number | undefined;
  const watch = setInterval(() => {
    if (!existsSync(figures)) return;
    writtenAt ??= Date.now();
    if (Date.now() - writtenAt < mustEndWithinMs) return;
    process.stderr.write(`${name}: a test left something open, so jest did not end; it is killed.\n`);
    child.kill('SIGKILL');
  }, 1000);
  return new Promise<number>((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', (code) => {
      resolve(code ?? 1);
    });
  }).finally(() => {
    clearInterval(watch);
  });
}

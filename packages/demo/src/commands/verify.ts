import { parseArgs } from 'node:util';
import { findRunningSystem } from '../running-system.js';
import { verify, type CheckResult } from '../verify/verify.js';

const mostShown = 5;

/** `npm run verify`: every invariant, from the databases of the running system. Exit code 1 when one is broken. */
export async function run(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({ args: [...args], options: { data: { type: 'string', default: '.souk' } } });
  const { verifierUrls } = findRunningSystem(values.data);
  const results = await verify(verifierUrls);
  for (const result of results) process.stdout.write(`${lineOf(result)}\n`);
  const broken = results.filter(({ violations }) => violations.length > 0);
  process.stdout.write(
    `\n${String(results.length - broken.length)} of ${String(results.length)} invariants hold.\n`,
  );
  process.exitCode = broken.length === 0 ? 0 : 1;
}

function lineOf({ name, says, looked, violations }: CheckResult): string {
  if (violations.length === 0) return `ok      ${name}: ${says} (${String(looked)} looked at)`;
  const shown = violations.slice(0, mostShown).map((violation) => `          ${violation}`);
  return [`BROKEN  ${name}: ${says}: ${String(violations.length)} violations`, ...shown].join('\n');
}

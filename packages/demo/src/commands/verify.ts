import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { findRunningSystem } from '../running-system.js';
import { verifyWhenQuiet, type CheckResult } from '../verify/verify.js';

const mostShown = 5;

const options = {
  data: { type: 'string', default: '.souk' },
  /** A JSON file of read-only database URLs by service, for a system that runs elsewhere. */
  urls: { type: 'string' },
  /** Seconds in which what is under way may still settle. */
  within: { type: 'string', default: '0' },
} as const;

/** `npm run verify`: every invariant, from the databases of the running system. Exit code 1 when one is broken. */
export async function run(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({ args: [...args], options });
  const urls =
    values.urls === undefined
      ? findRunningSystem(values.data).verifierUrls
      : (JSON.parse(readFileSync(values.urls, 'utf8')) as Record<string, string>);
  const results = await verifyWhenQuiet(urls, Number(values.within) * 1000);
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

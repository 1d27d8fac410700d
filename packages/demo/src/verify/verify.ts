import { setTimeout as delay } from 'node:timers/promises';
import { openDatabases, type Databases } from './databases.js';
import { eventChecks } from './event-checks.js';
import { moneyChecks } from './money-checks.js';
import { orderChecks } from './order-checks.js';
import { stockChecks } from './stock-checks.js';

export interface CheckResult {
  readonly name: string;
  readonly says: string;
  /** How many rows were looked at: an invariant of nothing holds too. */
  readonly looked: number;
  readonly violations: readonly string[];
}

const checks = [...moneyChecks, ...stockChecks, ...orderChecks, ...eventChecks];
const settleEveryMs = 250;

/**
 * Checks every invariant from the databases. What is under way may look broken for a moment: ask when it is quiet.
 * @param urls read-only database URLs by service
 */
export async function verify(urls: Readonly<Record<string, string>>): Promise<CheckResult[]> {
  const databases = openDatabases(urls);
  try {
    return await runAll(databases);
  } finally {
    await databases.close();
  }
}

/** `verify`, again and again until all of it holds or the time is over: for after a load or a fault. */
export async function verifyWhenQuiet(
  urls: Readonly<Record<string, string>>,
  withinMs: number,
): Promise<CheckResult[]> {
  const databases = openDatabases(urls);
  const deadline = Date.now() + withinMs;
  try {
    let results = await runAll(databases);
    while (results.some(({ violations }) => violations.length > 0) && Date.now() < deadline) {
      await delay(settleEveryMs);
      results = await runAll(databases);
    }
    return results;
  } finally {
    await databases.close();
  }
}

async function runAll(databases: Databases): Promise<CheckResult[]> {
  const results: CheckResult[] = [];
  for (const { name, says, run } of checks) results.push({ name, says, ...(await run(databases)) });
  return results;
}

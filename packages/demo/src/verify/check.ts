import type { Databases } from './databases.js';

/** One thing that must hold at any quiet moment, with a name of its own. */
export interface Check {
  readonly name: string;
  readonly says: string;
  run(databases: Databases): Promise<{ looked: number; violations: string[] }>;
}

/** A check of one database: the query answers how much was looked at, and one text per violation. */
export const queryCheck = (
  check: { name: string; says: string; service: string },
  queries: { looked: string; violations: string },
): Check => ({
  name: check.name,
  says: check.says,
  run: async (databases) => {
    const [count] = await databases.rows<{ count: number }>(check.service, queries.looked);
    const found = await databases.rows<{ violation: string }>(check.service, queries.violations);
    return { looked: count?.count ?? 0, violations: found.map(({ violation }) => violation) };
  },
});

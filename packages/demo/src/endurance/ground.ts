import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { startSystem, type EventsKind, type RunningSystem, type SystemOptions } from '@souk/local';
import { createRandom } from '@souk/testkit';
import { openShop } from '../api/open-shop.js';
import { inTemporaryFolder } from '../temporary-folder.js';
import { verifierUrls } from '../verify/verifier-urls.js';
import { verifyWhenQuiet } from '../verify/verify.js';
import { createAsks } from './asks.js';
import { openSession } from './session.js';
import type { Verdict } from './verdict.js';
import type { Crowd } from './visit.js';

/** What the command line says, to every scenario alike. */
export interface Settings {
  /** Of the part that the scenario is about; its own default when undefined. */
  readonly seconds: number | undefined;
  readonly customers: number;
  /** Visits begun a second, each with one order. */
  readonly pace: number;
  readonly events: EventsKind | undefined;
  readonly tls: boolean;
  /** A folder that gets the processes' logs in the end, if any. */
  readonly logs: string | undefined;
  readonly report: (line: string) => void;
  /** The user wants it to end. */
  readonly interrupted: AbortSignal;
}

/** What a scenario found: figures as they go into the JSON, and whether each promise was kept. */
export interface Outcome {
  readonly figures: Readonly<Record<string, unknown>>;
  readonly verdicts: readonly Verdict[];
}

/** A system of the scenario's own, its shop, and the customers. */
export interface Ground {
  readonly system: RunningSystem;
  readonly crowd: Crowd;
}

const rateLimit = 10_000;
const settlesWithinMs = 120_000;
const mostShown = 5;

/** Starts a system, opens the shop, and stops all of it when `work` has ended in whatever way. */
export const onGround = (
  settings: Settings,
  options: Pick<SystemOptions, 'scale' | 'supervise' | 'environment'>,
  work: (ground: Ground) => Promise<Outcome>,
): Promise<Outcome> =>
  inTemporaryFolder('endurance', async (dataDir) => {
    const { events, tls, report } = settings;
    let system: RunningSystem | undefined;
    try {
      const common = { dataDir, port: 0, events, tls, rateLimit, report, onCrash: report };
      system = await startSystem({ ...common, ...options });
      const { productIds, accounts } = await openShop(system, settings.customers);
      const asks = createAsks(system.url);
      const customers = accounts.map((account) => openSession(asks, account));
      const admin = openSession(asks, { email: 'admin@souk.test', password: system.secrets.adminPassword });
      await Promise.all([...customers, admin].map((session) => session.token()));
      asks.take();
      return await work({ system, crowd: { asks, customers, admin, productIds, random: createRandom(1) } });
    } finally {
      await system?.stop();
      if (settings.logs !== undefined) cpSync(join(dataDir, 'logs'), settings.logs, { recursive: true });
    }
  });

/** Every invariant of `npm run verify`, once what is under way has settled. */
export async function invariantsVerdict({ system }: Ground): Promise<Verdict> {
  const results = await verifyWhenQuiet(verifierUrls(system), settlesWithinMs);
  const broken = results.filter(({ violations }) => violations.length > 0);
  return {
    promise: 'all invariants hold',
    isKept: broken.length === 0,
    says:
      broken.length === 0
        ? `${String(results.length)} looked at`
        : broken
            .map(({ name, violations }) => `${name}: ${violations.slice(0, mostShown).join('; ')}`)
            .join('\n'),
  };
}

import { parseArgs } from 'node:util';
import { median, percentile, printReport, usageOf, writeReport, type Row } from '@souk/bench';
import { parseEvents, startSystem, type RunningSystem } from '@souk/local';
import { databaseUrl } from '@souk/postgres';
import { openShop, tokensOf } from '../api/open-shop.js';
import { inTemporaryFolder } from '../temporary-folder.js';
import { verifierUrls } from '../verify/verifier-urls.js';
import { verifyWhenQuiet } from '../verify/verify.js';
import { runCustomers, type LoadResult } from './customers.js';
import { measureFloor } from './floor.js';
import { watchPaid } from './paid-watch.js';

const crowds = [1, 16, 64];
const accounts = 8;
const quietWithinMs = 30_000;

/** `npm run bench -- orders [--seconds N] [--rounds N] [--events kafka|local] [--tls] [--json FILE]` */
export async function run(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      seconds: { type: 'string', default: '10' },
      rounds: { type: 'string', default: '3' },
      events: { type: 'string' },
      tls: { type: 'boolean', default: false },
      json: { type: 'string' },
    },
  });
  const events = values.events === undefined ? undefined : parseEvents(values.events);
  const plan = { seconds: Number(values.seconds), rounds: Number(values.rounds) };
  await inTemporaryFolder('bench', async (dataDir) => {
    const system = await startSystem({
      dataDir,
      port: 0,
      events,
      tls: values.tls,
      rateLimit: 10_000,
      report,
    });
    try {
      await measureAndTell(system, { plan, json: values.json });
    } finally {
      await system.stop();
    }
  });
}

const report = (line: string): void => void process.stdout.write(`${line}\n`);

async function measureAndTell(
  system: RunningSystem,
  { plan, json }: { plan: Plan; json: string | undefined },
): Promise<void> {
  const shop = await openShop(system, accounts);
  const tokens = await tokensOf(system.url, shop.accounts);
  const memory = usageByProcess(system);
  const rounds = await measure(system, { tokens, productIds: shop.productIds }, plan);
  const rows = rowsOf(rounds);
  const broken = (await verifyWhenQuiet(verifierUrls(system), quietWithinMs)).filter(
    ({ violations }) => violations.length > 0,
  );
  const notes = {
    events: system.events.kind,
    idleRssMiB: memory,
    cpuByProcess: rounds.cpu,
    brokenInvariants: broken.map(({ name }) => name),
  };
  printReport({ name: `orders over ${system.events.kind}`, rows });
  report(`\nIdle memory, MiB: ${JSON.stringify(memory)}`);
  report(`CPU seconds per 1000 orders at ${String(crowds.at(-1))} customers: ${JSON.stringify(rounds.cpu)}`);
  report(
    broken.length === 0
      ? 'All invariants hold afterwards.'
      : `BROKEN: ${broken.map(({ name }) => name).join(', ')}`,
  );
  if (json !== undefined) writeReport(json, { name: 'orders', rows, notes });
  if (broken.length > 0) process.exitCode = 1;
}

interface Plan {
  readonly seconds: number;
  readonly rounds: number;
}

interface Load {
  readonly tokens: readonly string[];
  readonly productIds: readonly string[];
}

interface Rounds {
  readonly byCrowd: ReadonlyMap<number, LoadResult[]>;
  readonly floor: number[];
  readonly cpu: Readonly<Record<string, number>>;
}

/** Interleaved: each round measures the floor and every crowd, so that a slow minute of the machine hits all alike. */
async function measure(system: RunningSystem, shop: Load, plan: Plan): Promise<Rounds> {
  const watch = watchPaid(system.verifierUrl('order'));
  const byCrowd = new Map<number, LoadResult[]>(crowds.map((customers) => [customers, []]));
  const floor: number[] = [];
  let cpu: Record<string, number> = {};
  try {
    await runCustomers({ ...shop, url: system.url, customers: 16, seconds: 3, untilPaid: watch.untilPaid });
    for (let round = 0; round < plan.rounds; round += 1) {
      floor.push(
        await measureFloor({
          url: databaseUrl(system.superuserUrl, { database: 'postgres' }),
          inFlight: 16,
          seconds: 3,
        }),
      );
      for (const customers of crowds) {
        const before = usageByProcess(system, 'cpuSeconds');
        const result = await runCustomers({
          ...shop,
          url: system.url,
          customers,
          seconds: plan.seconds,
          untilPaid: watch.untilPaid,
        });
        byCrowd.get(customers)?.push(result);
        const after = usageByProcess(system, 'cpuSeconds');
        cpu = perThousand(before, after, result.placedToPaidMs.length);
        report(
          `round ${String(round + 1)}, ${String(customers)} customers: ${result.paidPerSecond.toFixed(0)} paid/s`,
        );
      }
    }
  } finally {
    await watch.stop();
  }
  return { byCrowd, floor, cpu };
}

function rowsOf({ byCrowd, floor }: Rounds): Row[] {
  const floorPerSecond = median(floor);
  const rows = [...byCrowd].map(([customers, results]) => {
    const posts = results.flatMap(({ postMs }) => postMs);
    const paid = results.flatMap(({ placedToPaidMs }) => placedToPaidMs);
    const opsPerSecond = median(results.map(({ paidPerSecond }) => paidPerSecond));
    return {
      stack: 'souk, order to paid',
      inFlight: customers,
      opsPerSecond,
      placedPerSecond: median(results.map(({ placedPerSecond }) => placedPerSecond)),
      p50Ms: percentile(posts, 0.5),
      p99Ms: percentile(posts, 0.99),
      paidP50Ms: percentile(paid, 0.5),
      paidP99Ms: percentile(paid, 0.99),
      refused: results.reduce((sum, { refused }) => sum + refused, 0),
      ratioToFirst: opsPerSecond / floorPerSecond,
    };
  });
  const floorRow = {
    stack: 'pg alone, the same rows',
    inFlight: 16,
    opsPerSecond: floorPerSecond,
    p50Ms: 0,
    p99Ms: 0,
    ratioToFirst: 1,
  };
  return [floorRow, ...rows];
}

const usageByProcess = (
  system: RunningSystem,
  measure: 'rssMiB' | 'cpuSeconds' = 'rssMiB',
): Record<string, number> =>
  Object.fromEntries(
    system.processes.map(({ instance, pid }) => [instance, Math.round(usageOf(pid)[measure] * 10) / 10]),
  );

const perThousand = (
  before: Record<string, number>,
  after: Record<string, number>,
  orders: number,
): Record<string, number> =>
  Object.fromEntries(
    Object.entries(after).map(([name, seconds]) => [
      name,
      Math.round(((seconds - (before[name] ?? 0)) * 10_000) / Math.max(1, orders)) / 10,
    ]),
  );

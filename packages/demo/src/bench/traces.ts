import { parseArgs } from 'node:util';
import { median, percentile, printReport, startCollector, usageOf, writeReport } from '@souk/bench';
import { startSystem, type RunningSystem } from '@souk/local';
import { openShop, tokensOf } from '../api/open-shop.js';
import { inTemporaryFolder } from '../temporary-folder.js';
import { runCustomers, type LoadResult } from './customers.js';
import { watchPaid } from './paid-watch.js';

const accountCount = 8;
const warmUpSeconds = 10;

/**
 * `npm run bench -- traces [--customers N] [--seconds N] [--rounds N] [--json FILE]`: what recording and sending a span
 * of every step costs an order. Two systems, one with traces, work in turns, so that a slow minute hits both.
 */
export async function run(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      customers: { type: 'string', default: '16' },
      seconds: { type: 'string', default: '10' },
      rounds: { type: 'string', default: '5' },
      json: { type: 'string' },
    },
  });
  const load = { customers: Number(values.customers), seconds: Number(values.seconds) };
  const collector = await startCollector();
  try {
    await withStack('without traces', {}, (plain) =>
      withStack('with traces', { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url }, async (traced) => {
        const stacks = [plain, traced];
        for (const { work } of stacks) await work({ ...load, seconds: warmUpSeconds });
        for (const { turns } of stacks) turns.length = 0;
        for (let round = 0; round < Number(values.rounds); round += 1)
          for (const { work } of stacks) await work(load);
        const rows = rowsOf(stacks, load.customers);
        printReport({ name: 'an order with traces and without', rows });
        if (values.json !== undefined) writeReport(values.json, { name: 'traces', rows });
      }),
    );
  } finally {
    collector.stop();
  }
}

interface Turn extends LoadResult {
  /** Of all services, in milliseconds. */
  readonly cpuPerOrderMs: number;
}

interface Stack {
  readonly name: string;
  readonly turns: Turn[];
  work(load: { customers: number; seconds: number }): Promise<void>;
}

/** A system of its own for as long as `measure` takes. */
const withStack = (
  name: string,
  environment: Readonly<Record<string, string>>,
  measure: (stack: Stack) => Promise<void>,
): Promise<void> =>
  inTemporaryFolder('bench', async (dataDir) => {
    const system = await startSystem({ dataDir, environment, port: 0, rateLimit: 10_000 });
    const watch = watchPaid(system.verifierUrl('order'));
    try {
      const { accounts, productIds } = await openShop(system, accountCount);
      const tokens = await tokensOf(system.url, accounts);
      const turns: Turn[] = [];
      const work: Stack['work'] = async (load) => {
        const before = servicesCpuSeconds(system);
        const result = await runCustomers({
          ...load,
          tokens,
          productIds,
          url: system.url,
          untilPaid: watch.untilPaid,
        });
        const cpuMs = (servicesCpuSeconds(system) - before) * 1000;
        turns.push({ ...result, cpuPerOrderMs: cpuMs / Math.max(1, result.placedToPaidMs.length) });
      };
      await measure({ name, turns, work });
    } finally {
      await watch.stop();
      await system.stop();
    }
  });

const servicesCpuSeconds = ({ processes }: RunningSystem): number =>
  processes
    .filter(({ kind }) => kind === 'service')
    .reduce((sum, { pid }) => sum + usageOf(pid).cpuSeconds, 0);

/** Ratios are medians over the rounds, each of which is compared with its own. */
function rowsOf(stacks: readonly Stack[], customers: number) {
  const [first] = stacks;
  const ratio = (turns: readonly Turn[], of: (turn: Turn) => number): number =>
    median(turns.map((turn, round) => of(turn) / of(first?.turns[round] ?? turn)));
  return stacks.map(({ name, turns }) => ({
    stack: name,
    inFlight: customers,
    opsPerSecond: median(turns.map(({ paidPerSecond }) => paidPerSecond)),
    p50Ms: percentile(allPaid(turns), 0.5),
    p99Ms: percentile(allPaid(turns), 0.99),
    cpuPerOrderMs: median(turns.map(({ cpuPerOrderMs }) => cpuPerOrderMs)),
    cpuRatio: ratio(turns, ({ cpuPerOrderMs }) => cpuPerOrderMs),
    ratioToFirst: ratio(turns, ({ paidPerSecond }) => paidPerSecond),
  }));
}

const allPaid = (turns: readonly Turn[]): number[] => turns.flatMap(({ placedToPaidMs }) => placedToPaidMs);

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { median, percentile, printReport, startCollector, usageOf, writeReport } from '@souk/bench';
import { startSystem, type RunningSystem } from '@souk/local';
import { openShop } from '../api/open-shop.js';
import { signIn } from '../api/shop-client.js';
import { runCustomers, type LoadResult } from './customers.js';
import { watchPaid } from './paid-watch.js';

const accounts = 8;
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
  const dataDir = mkdtempSync(join(tmpdir(), 'souk-bench-'));
  const collector = await startCollector();
  const stacks: Stack[] = [];
  try {
    for (const [name, environment] of [
      ['without traces', {}],
      ['with traces', { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url }],
    ] as const)
      stacks.push(await openStack(name, { dataDir: join(dataDir, name.replace(' ', '-')), environment }));
    const load = { customers: Number(values.customers), seconds: Number(values.seconds) };
    for (const stack of stacks) await stack.work({ ...load, seconds: warmUpSeconds });
    for (const stack of stacks) stack.turns.length = 0;
    for (let round = 0; round < Number(values.rounds); round += 1)
      for (const stack of stacks) await stack.work(load);
    const rows = rowsOf(stacks, load.customers);
    printReport({ name: 'an order with traces and without', rows });
    if (values.json !== undefined) writeReport(values.json, { name: 'traces', rows });
  } finally {
    for (const stack of stacks) await stack.stop();
    collector.stop();
    rmSync(dataDir, { recursive: true, force: true });
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
  stop(): Promise<void>;
}

async function openStack(
  name: string,
  options: { dataDir: string; environment: Readonly<Record<string, string>> },
): Promise<Stack> {
  const system = await startSystem({ ...options, port: 0, rateLimit: 10_000 });
  const shop = await openShop(system, accounts);
  const tokens = await Promise.all(
    shop.accounts.map(({ email, password }) => signIn(system.url, email, password)),
  );
  const watch = watchPaid(system.verifierUrl('order'));
  const turns: Turn[] = [];
  return {
    name,
    turns,
    work: async (load) => {
      const before = servicesCpuSeconds(system);
      const result = await runCustomers({
        ...load,
        tokens,
        productIds: shop.productIds,
        url: system.url,
        untilPaid: watch.untilPaid,
      });
      const cpuMs = (servicesCpuSeconds(system) - before) * 1000;
      turns.push({ ...result, cpuPerOrderMs: cpuMs / Math.max(1, result.placedToPaidMs.length) });
    },
    stop: async () => {
      await watch.stop();
      await system.stop();
    },
  };
}

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
    p50Ms: percentile(
      turns.flatMap(({ placedToPaidMs }) => placedToPaidMs),
      0.5,
    ),
    p99Ms: percentile(
      turns.flatMap(({ placedToPaidMs }) => placedToPaidMs),
      0.99,
    ),
    cpuPerOrderMs: median(turns.map(({ cpuPerOrderMs }) => cpuPerOrderMs)),
    cpuRatio: ratio(turns, ({ cpuPerOrderMs }) => cpuPerOrderMs),
    ratioToFirst: ratio(turns, ({ paidPerSecond }) => paidPerSecond),
  }));
}

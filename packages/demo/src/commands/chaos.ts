import { writeFileSync } from 'node:fs';
import { randomInt } from 'node:crypto';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { machine, median } from '@souk/bench';
import { parseEvents } from '@souk/local';
import { faults } from '../chaos/faults/index.js';
import { openGround, type ChaosGround } from '../chaos/ground.js';
import { faultNamed, runOnce, type RunResult } from '../chaos/run.js';
import { storyOf } from '../chaos/story.js';
import { textTable } from '../table.js';
import { inTemporaryFolder } from '../temporary-folder.js';

const mostStories = 3;
const say = (line: string): void => void process.stdout.write(`${line}\n`);

/**
 * `npm run chaos -- [--runs N] [--seed S] [--fault NAME] [--events kafka|local] [--tls] [--bail] [--json FILE] [--list]`:
 * so many runs, each with customers at work and a fault or two drawn from its seed; then every promise is looked at.
 * `--fault A+B` strikes with A, then with B. `--bail` ends at the first broken run.
 * Run n has the seed S + n, and `--seed` with that number and one run plays it again. Exit code 1 when one is broken.
 */
export async function run(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      runs: { type: 'string', default: '20' },
      seed: { type: 'string', default: String(randomInt(2 ** 31)) },
      fault: { type: 'string' },
      events: { type: 'string' },
      tls: { type: 'boolean', default: false },
      bail: { type: 'boolean', default: false },
      json: { type: 'string' },
      list: { type: 'boolean', default: false },
    },
  });
  if (values.list) {
    for (const { name, says } of faults) say(`${name.padEnd(26)}${says}`);
    return;
  }
  const [runs, first] = [whole('runs', values.runs), whole('seed', values.seed)];
  values.fault?.split('+').forEach(faultNamed);
  const events = values.events === undefined ? undefined : parseEvents(values.events);
  const results: RunResult[] = [];
  let cutShort: CutShort | undefined;
  const interrupted = new AbortController();
  process.once('SIGINT', () => {
    interrupted.abort();
  });
  await inTemporaryFolder('chaos', async (dataDir) => {
    const ground = await openGround({ dataDir, events, tls: values.tls, report: say });
    try {
      say(`${String(runs)} runs over ${ground.system.events.kind}, seeds from ${String(first)}`);
      for (let at = 0; at < runs && !interrupted.signal.aborted; at += 1) {
        const seed = first + at;
        const result = await runOnce(ground, { seed, fault: values.fault }).catch((error: unknown) => {
          cutShort = { seed, reason: error instanceof Error ? error.message : String(error) };
        });
        if (!result) break;
        results.push(result);
        say(lineOf(result));
        if (result.broken.length === 0) continue;
        await tell(result, { ground, dataDir, events: ground.system.events.kind });
        if (values.bail) break;
      }
    } finally {
      await ground.stop();
    }
  });
  const rows = rowsOf(results);
  say(
    `\n${textTable(
      columns,
      rows.map((row) => columns.map((column) => String(row[column]))),
    )}`,
  );
  const broken = results.filter((result) => result.broken.length > 0);
  say(`\n${String(results.length)} runs, ${String(broken.length)} with a broken invariant.`);
  if (cutShort)
    say(`Seed ${String(cutShort.seed)} could not be played to its end, nor any after it: ${cutShort.reason}`);
  if (values.json !== undefined)
    writeFileSync(
      values.json,
      `${JSON.stringify({ name: 'chaos', machine: machine(), seed: first, rows, runs: results.map(summaryOf), cutShort }, null, 2)}\n`,
    );
  process.exitCode = broken.length === 0 && !cutShort ? 0 : 1;
}

/** The system did not come back, so that nothing more can be tried on it. */
interface CutShort {
  readonly seed: number;
  readonly reason: string;
}

function whole(name: string, text: string): number {
  const number = Number(text);
  if (!Number.isInteger(number) || number < 0)
    throw new Error(`--${name} must be a whole number, and is ${text}.`);
  return number;
}

const summaryOf = ({ acts: _, broken, ...summary }: RunResult) => ({
  ...summary,
  broken: [...new Set(broken.map(({ invariant }) => invariant))],
});

const lineOf = ({ seed, faults: struck, what, requests, orders, healedAfterMs, broken }: RunResult): string =>
  [
    broken.length === 0 ? 'ok    ' : 'BROKEN',
    `seed ${String(seed)}`,
    `${struck.join('+')} (${what})`,
    `${String(orders)} orders, ${String(requests)} requests`,
    `healed in ${(healedAfterMs / 1000).toFixed(1)} s`,
  ].join('  ');

async function tell(
  { seed, faults: struck, broken, acts }: RunResult,
  where: { ground: ChaosGround; dataDir: string; events: string },
): Promise<void> {
  for (const invariant of new Set(broken.map((one) => one.invariant))) {
    const found = broken.filter((one) => one.invariant === invariant);
    say(`        ${invariant}: ${found[0]?.says ?? ''}`);
    for (const { text } of found.slice(0, 5)) say(`          ${text}`);
  }
  const orderIds = new Set(broken.flatMap((one) => one.orderIds));
  const known = [...orderIds].filter((id) => acts.some((act) => act.orderId === id)).slice(0, mostStories);
  for (const orderId of known)
    say(
      await storyOf(orderId, {
        acts,
        verifierUrls: where.ground.verifierUrls,
        logsDir: join(where.dataDir, 'logs'),
      }),
    );
  say(
    `        again: npm run chaos -- --runs 1 --seed ${String(seed)} --fault ${struck.join('+')} --events ${where.events}`,
  );
}

const columns = [
  'fault',
  'runs',
  'orders',
  'requests',
  'sentAgain',
  'healedMedianS',
  'healedMostS',
  'broken',
] as const;
type FaultRow = Readonly<Record<(typeof columns)[number], string | number>>;

function rowsOf(results: readonly RunResult[]): FaultRow[] {
  return faults.flatMap(({ name }) => {
    const runs = results.filter((result) => result.faults.includes(name));
    if (runs.length === 0) return [];
    const sum = (of: (result: RunResult) => number) => runs.reduce((total, result) => total + of(result), 0);
    const healedMs = runs.map(({ healedAfterMs }) => healedAfterMs);
    return [
      {
        fault: name,
        runs: runs.length,
        orders: sum(({ orders }) => orders),
        requests: sum(({ requests }) => requests),
        sentAgain: sum(({ repeats }) => repeats),
        healedMedianS: (median(healedMs) / 1000).toFixed(1),
        healedMostS: (Math.max(...healedMs) / 1000).toFixed(1),
        broken: runs.filter(({ broken }) => broken.length > 0).length,
      },
    ];
  });
}

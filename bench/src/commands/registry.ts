import { parseArgs } from 'node:util';
import { printReport, writeReport, type Row } from '../report.js';
import { runningTarget, startTarget, type Target } from '../registry/target.js';
import { measureWakes } from '../registry/watchers.js';
import {
  type Figures,
  measureBeats,
  measureReads,
  measureWrites,
  registerInstances,
} from '../registry/workloads.js';
import { median } from '../statistics.js';

const inFlight = 64;
const crowds = [100, 1_000, 5_000];
const manyInstances = 5_000;

interface Options {
  readonly seconds: number;
  readonly rounds: number;
}

/** What is asked of a registry on two cores: at least so many a second, or at most so many milliseconds. */
const goals: Readonly<Record<string, { perSecond?: number; p99Ms?: number }>> = {
  'durable registrations': { perSecond: 3_000 },
  'reads of 50 instances': { perSecond: 20_000 },
  'wakes of 1000': { p99Ms: 50 },
  'wakes of 5000': { p99Ms: 250 },
};

/** `npm run bench -- registry [--url URL …] [--seconds N] [--rounds N] [--json FILE]`: ours, beside any that runs. */
export async function run(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      url: { type: 'string', multiple: true, default: [] },
      seconds: { type: 'string', default: '3' },
      rounds: { type: 'string', default: '3' },
      json: { type: 'string' },
    },
  });
  const options = { seconds: Number(values.seconds), rounds: Number(values.rounds) };
  if (!(options.seconds > 0 && options.rounds > 0)) {
    throw new Error('--seconds and --rounds take a number above 0.');
  }
  const rows: Row[] = [];
  const notes: Record<string, unknown> = {};
  const starters = [startTarget, ...values.url.map((url) => () => Promise.resolve(runningTarget(url)))];
  for (const start of starters) {
    const target = await start();
    try {
      rows.push(...(await measure(target, options)));
      notes[target.name] = await footprint(target);
    } finally {
      await target.stop();
    }
  }
  const report = { name: 'registry', rows: withRatios(rows), notes };
  printReport(report);
  process.stdout.write(`\n${JSON.stringify(notes, null, 2)}\n`);
  if (values.json !== undefined) writeReport(values.json, report);
}

async function measure(target: Target, { seconds, rounds }: Options): Promise<Row[]> {
  const { url } = target;
  await registerInstances(url, 50);
  const load = { inFlight, seconds };
  const workloads: [string, number, () => Promise<Figures>][] = [
    ['durable registrations', inFlight, () => measureWrites(url, load)],
    ['heartbeats', inFlight, () => measureBeats(url, load)],
    ['reads of 50 instances', inFlight, () => measureReads(url, load)],
    ...crowds.map((crowd): [string, number, () => Promise<Figures>] => [
      `wakes of ${String(crowd)}`,
      crowd,
      () => measureWakes(url, crowd),
    ]),
  ];
  const rows: Row[] = [];
  for (const [what, count, measureOnce] of workloads) {
    const all: Figures[] = [];
    for (let round = 0; round < rounds; round += 1) all.push(await measureOnce());
    const of = (figure: keyof Figures) => median(all.map((one) => one[figure]));
    const figures = { opsPerSecond: Math.round(of('opsPerSecond')), p50Ms: of('p50Ms'), p99Ms: of('p99Ms') };
    rows.push({
      stack: target.name,
      what,
      inFlight: count,
      ...figures,
      ratioToFirst: 1,
      ...judge(what, figures),
    });
  }
  return rows;
}

/** Memory with many instances, last because they stay; and the time to the first answer. */
async function footprint(target: Target): Promise<Record<string, number | undefined>> {
  await registerInstances(target.url, manyInstances, 'many');
  return {
    startMs: target.startMs === undefined ? undefined : Math.round(target.startMs),
    rssMiBWith5000Instances: Math.round(target.rssMiB() ?? NaN) || undefined,
  };
}

function judge(what: string, figures: Figures): { goal?: string } {
  const goal = goals[what];
  if (goal === undefined) return {};
  const { perSecond = 0, p99Ms = Infinity } = goal;
  const isMet = figures.opsPerSecond >= perSecond && figures.p99Ms <= p99Ms;
  const wanted = perSecond > 0 ? `>= ${String(perSecond)}/s` : `p99 <= ${String(p99Ms)} ms`;
  return { goal: `${wanted}: ${isMet ? 'met' : 'missed'}` };
}

function withRatios(rows: readonly Row[]): Row[] {
  return rows.map((row) => {
    const first = rows.find(({ what }) => what === row['what']);
    return { ...row, ratioToFirst: row.opsPerSecond / (first?.opsPerSecond ?? NaN) };
  });
}

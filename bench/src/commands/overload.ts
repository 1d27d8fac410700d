import { startPair } from '../compare.js';
import type { Flooded, Measured } from '../load.js';
import { overloadPeers } from '../peers/index.js';
import type { Row } from '../report.js';
import { isWanted, publish, readOptions, type BenchOptions } from './options.js';

/** A server whose work takes 40 ms of one of 8 places, as of a pool of connections: 200 calls a second. */
const settings = { places: 8, workMs: 40 };
const capacity = (settings.places * 1000) / settings.workMs;
const timesTooMuch = 10;
const bytes = 20;
const patienceMs = 1000;

/** Ten times what a server can do: with the adaptive limit, and without it. */
export async function run(args: readonly string[]): Promise<void> {
  const options = readOptions(args, { seconds: 30, rounds: 1 });
  const rows: Row[] = [];
  for (const stack of Object.keys(overloadPeers).filter((name) => isWanted(name, options)))
    rows.push(await overload(stack, options));
  publish({ name: 'overload', rows }, options);
}

async function overload(stack: string, { seconds }: BenchOptions): Promise<Row> {
  const { caller, stop } = await startPair(stack, { settings });
  const closed = (inFlight: number) =>
    caller.order<Measured>({ kind: 'load', load: { inFlight, bytes, seconds: 3 } });
  try {
    await closed(4);
    const unloaded = await closed(1);
    const peak = await closed(2 * settings.places);
    const perSecond = timesTooMuch * capacity;
    const flooded = await caller.order<Flooded>({
      kind: 'flood',
      flood: { perSecond, bytes, seconds, patienceMs, settlingSeconds: seconds / 6 },
    });
    return {
      stack,
      inFlight: flooded.mostInFlight,
      offeredPerSecond: perSecond,
      opsPerSecond: Math.round(flooded.opsPerSecond),
      refusedPerSecond: Math.round(flooded.failedPerSecond),
      p50Ms: flooded.p50Ms,
      p99Ms: flooded.p99Ms,
      settledP99Ms: flooded.settledP99Ms || 'no answer',
      unloadedP99Ms: unloaded.p99Ms,
      timesUnloaded: flooded.settledP99Ms > 0 ? flooded.settledP99Ms / unloaded.p99Ms : 'no answer',
      peakPerSecond: Math.round(peak.opsPerSecond),
      ratioToFirst: flooded.opsPerSecond / peak.opsPerSecond,
    };
  } finally {
    await stop();
  }
}

import { startChild, type Child } from './child.js';
import { isWanted, type BenchOptions } from './commands/options.js';
import { createKeys } from './keys.js';
import type { Measured } from './load.js';
import type { Setup } from './peers/peer.js';
import { freePort } from './ports.js';
import { rowsOf, type Cell } from './rounds.js';
import type { Row } from './report.js';

export interface Pair {
  /** The process that calls; the one that serves is stopped with it. */
  readonly caller: Child;
  stop(): Promise<void>;
}

/** A process that serves a stack and one that calls it, connected. */
export async function startPair(
  stack: string,
  { settings = {}, places = {} }: Partial<Pick<Setup, 'settings' | 'places'>> = {},
): Promise<Pair> {
  const setup: Setup = {
    port: await freePort(),
    callerPort: await freePort(),
    keys: createKeys(),
    settings,
    places,
  };
  const [server, caller] = [startChild('peers/process'), startChild('peers/process')];
  const stop = async () => {
    await Promise.all([server.stop(), caller.stop()]);
  };
  try {
    await server.order({ kind: 'serve', stack, setup });
    await caller.order({ kind: 'connect', stack, setup });
  } catch (error) {
    await stop();
    throw error;
  }
  return { caller, stop };
}

const usualLoads = [200, 20_000].flatMap((bytes) => [1, 32, 256].map((inFlight) => ({ bytes, inFlight })));
const warmUp = { inFlight: 32, bytes: 200, seconds: 1.5 };

/** Measures stacks under the same loads, in turns. The first one is what the others are compared with. */
export async function compare(
  names: readonly string[],
  options: BenchOptions,
  under: { loads?: readonly { inFlight: number; bytes: number }[]; places?: Setup['places'] } = {},
): Promise<Row[]> {
  const { loads = usualLoads, places = {} } = under;
  const stacks = names.filter((name, index) => index === 0 || isWanted(name, options));
  const pairs = new Map<string, Pair>();
  try {
    for (const stack of stacks) {
      const pair = await startPair(stack, { places });
      pairs.set(stack, pair);
      await pair.caller.order({ kind: 'load', load: warmUp });
    }
    const cells: Cell[] = loads.flatMap((load) => stacks.map((stack) => ({ stack, ...load, measured: [] })));
    for (let round = 0; round < options.rounds; round += 1) {
      for (const { stack, inFlight, bytes, measured } of cells) {
        const load = { inFlight, bytes, seconds: options.seconds };
        const result = await pairs.get(stack)?.caller.order<Measured>({ kind: 'load', load });
        if (result) measured.push(result);
      }
    }
    return rowsOf(cells);
  } finally {
    await Promise.all([...pairs.values()].map((pair) => pair.stop()));
  }
}

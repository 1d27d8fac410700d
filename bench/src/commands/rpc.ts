import { startChild, type Child } from '../child.js';
import { createKeys } from '../keys.js';
import type { Measured } from '../load.js';
import { peers } from '../peers/index.js';
import type { Setup } from '../peers/peer.js';
import { freePort } from '../ports.js';
import { rowsOf, type Cell } from '../rounds.js';
import { isWanted, publish, readOptions } from './options.js';

const loads = [200, 20_000].flatMap((bytes) => [1, 32, 256].map((inFlight) => ({ bytes, inFlight })));
const warmUp = { inFlight: 32, bytes: 200, seconds: 1.5 };

/** Calls from process to process: ours beside others. Each stack has a process that serves and one that calls. */
export async function run(args: readonly string[]): Promise<void> {
  const options = readOptions(args, { seconds: 2, rounds: 3 });
  const stacks = Object.keys(peers).filter((name, index) => index === 0 || isWanted(name, options));
  const children: Child[] = [];
  try {
    const callers = new Map<string, Child>();
    for (const stack of stacks) {
      const setup: Setup = {
        port: await freePort(),
        callerPort: await freePort(),
        keys: createKeys(),
        settings: {},
      };
      const [server, caller] = [startChild('peers/process'), startChild('peers/process')];
      children.push(server, caller);
      await server.order({ kind: 'serve', stack, setup });
      await caller.order({ kind: 'connect', stack, setup });
      await caller.order({ kind: 'load', load: warmUp });
      callers.set(stack, caller);
    }
    const cells: Cell[] = loads.flatMap((load) => stacks.map((stack) => ({ stack, ...load, measured: [] })));
    for (let round = 0; round < options.rounds; round += 1) {
      for (const { stack, inFlight, bytes, measured } of cells) {
        const load = { inFlight, bytes, seconds: options.seconds };
        const result = await callers.get(stack)?.order<Measured>({ kind: 'load', load });
        if (result) measured.push(result);
      }
    }
    publish({ name: 'rpc', rows: rowsOf(cells) }, options);
  } finally {
    await Promise.all(children.map((child) => child.stop()));
  }
}

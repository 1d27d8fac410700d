import { parseArgs } from 'node:util';
import { runDemoOrder, type DemoKind } from '../demo-order.js';
import { findRunningSystem } from '../running-system.js';

const kinds: readonly DemoKind[] = ['decline', 'lost-answer', 'out-of-stock'];

/** `npm run demo [-- --decline | --lost-answer | --out-of-stock]`: one more order on the running system. */
export async function run(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      data: { type: 'string', default: '.souk' },
      decline: { type: 'boolean', default: false },
      'lost-answer': { type: 'boolean', default: false },
      'out-of-stock': { type: 'boolean', default: false },
    },
  });
  const system = findRunningSystem(values.data);
  const kind = kinds.find((candidate) => candidate !== 'paid' && values[candidate]) ?? 'paid';
  const print = (text: string): void => void process.stdout.write(`${text}\n`);
  await runDemoOrder({ ...system, print }, kind);
}

import { seedAndOrder } from './first-order.js';
import { runInForeground } from './foreground.js';
import { summaryOf } from './summary.js';
import { systemCommand, systemOptions } from './system-flags.js';

/** `npm run dev`: as `npm start`, with services run from source and started again at each change. */
export async function run(args: readonly string[]): Promise<void> {
  const command = systemCommand(
    'npm run dev --',
    'Start the whole system from source; each service starts again when it changes.',
  ).parse(args, { from: 'user' });
  const report = (line: string): void => void process.stdout.write(`${line}\n`);
  await runInForeground(
    { ...systemOptions(command), fromSource: true, report, onCrash: report },
    async (system) => {
      await seedAndOrder(system, { order: false });
      report(summaryOf(system));
    },
  );
}

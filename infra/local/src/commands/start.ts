import { seedAndOrder } from './first-order.js';
import { runInForeground } from './foreground.js';
import { summaryOf } from './summary.js';
import { systemCommand, systemOptions } from './system-flags.js';

/** `npm start`: the whole system on this machine, until Ctrl-C. */
export async function run(args: readonly string[]): Promise<void> {
  const command = systemCommand('npm start --', 'Start the whole system on this machine.')
    .option('--no-demo', 'place no first order')
    .parse(args, { from: 'user' });
  const { demo } = command.opts<{ demo: boolean }>();
  const startedAt = performance.now();
  const report = (line: string): void => void process.stdout.write(`${line}\n`);
  await runInForeground({ ...systemOptions(command), report, onCrash: report }, async (system) => {
    await seedAndOrder(system, { order: demo });
    report(`Started in ${((performance.now() - startedAt) / 1000).toFixed(1)} s.`);
    report(summaryOf(system));
  });
}

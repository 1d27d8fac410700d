import { readConfig } from '../config.js';
import { seedAndOrder } from './first-order.js';
import { runInForeground } from './foreground.js';
import { summaryOf } from './summary.js';

/** `npm run dev`: as `npm start`, with services run from source and started again at each change. */
export async function run(): Promise<void> {
  const config = readConfig();
  const report = (line: string): void => void process.stdout.write(`${line}\n`);
  await runInForeground({ ...config, fromSource: true, report, onCrash: report }, async (system) => {
    await seedAndOrder(system, { order: false });
    report(summaryOf(system));
  });
}

import { loadDemo } from '../setup/demo.js';
import type { RunningSystem } from '../system.js';

/** Fills the catalogue when it is empty and, if wanted, places the first order, so that there is something to see. */
export async function seedAndOrder(system: RunningSystem, options: { order: boolean }): Promise<void> {
  const demo = await loadDemo();
  if (!demo) return;
  const { url, registryUrl, events } = system;
  const { adminPassword, alicePassword, registryOperatorToken: registryToken } = system.secrets;
  await demo.seed({ url, registryUrl, registryToken, adminPassword });
  if (!options.order) return;
  const print = (text: string): void => void process.stdout.write(`${text}\n`);
  await demo.runDemoOrder({ url, events: events.kind, alicePassword, print });
}

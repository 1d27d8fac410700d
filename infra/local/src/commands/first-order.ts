import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { root } from '../root.js';
import type { RunningSystem } from '../system.js';

/** What the runner asks of packages/demo, the one place that knows the shop; a system without a shop lacks it. */
interface Demo {
  seed(target: {
    url: string;
    registryUrl: string;
    registryToken: string;
    adminPassword: string;
  }): Promise<unknown>;
  runDemoOrder(target: {
    url: string;
    events: string;
    alicePassword: string;
    print: (text: string) => void;
  }): Promise<unknown>;
}

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

async function loadDemo(): Promise<Demo | undefined> {
  const file = join(root, 'packages', 'demo', 'dist', 'index.js');
  if (!existsSync(file)) return undefined;
  const module: unknown = await import(pathToFileURL(file).href);
  return isDemo(module) ? module : undefined;
}

const isDemo = (module: unknown): module is Demo =>
  typeof module === 'object' &&
  module !== null &&
  'seed' in module &&
  typeof module.seed === 'function' &&
  'runDemoOrder' in module &&
  typeof module.runDemoOrder === 'function';

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { root } from '../root.js';

/** What the runner asks of packages/demo, the one place that knows the shop. */
export interface Demo {
  seed(target: {
    url: string;
    registryUrl: string;
    registryToken: string;
    adminPassword: string;
  }): Promise<number>;
  runDemoOrder(target: {
    url: string;
    events: string;
    alicePassword: string;
    print: (text: string) => void;
  }): Promise<unknown>;
}

/** Undefined in a system without a shop. */
export async function loadDemo(): Promise<Demo | undefined> {
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

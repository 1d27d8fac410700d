import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = fileURLToPath(new URL('../../../', import.meta.url));

/** Where each benchmark lives: a built module that exports `run(args)`. */
const benchmarks: Readonly<Record<string, string>> = {
  orders: 'packages/demo/dist/bench/orders.js',
  traces: 'packages/demo/dist/bench/traces.js',
  rpc: 'bench/dist/commands/rpc.js',
  events: 'bench/dist/commands/events.js',
  http: 'bench/dist/commands/http.js',
  overload: 'bench/dist/commands/overload.js',
  registry: 'bench/dist/commands/registry.js',
};

/** `npm run bench -- NAME [--json FILE] …` */
export async function run([name, ...args]: readonly string[]): Promise<void> {
  const module = name === undefined ? undefined : benchmarks[name];
  if (module === undefined) throw new Error(`Name a benchmark: ${Object.keys(benchmarks).join(', ')}.`);
  const file = join(root, module);
  if (!existsSync(file)) throw new Error(`The benchmark "${String(name)}" is not part of this copy.`);
  const benchmark = (await import(pathToFileURL(file).href)) as {
    run(args: readonly string[]): Promise<void>;
  };
  await benchmark.run(args);
}

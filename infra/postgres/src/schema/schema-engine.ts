import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { bindMigrationAwareSqlAdapterFactory } from '@prisma/driver-adapter-utils';
import * as bindings from '@prisma/schema-engine-wasm/schema_engine_bg';
import { createMigrationAdapter } from './migration-adapter.js';

export type SchemaEngine = bindings.SchemaEngine;

/**
 * Runs Prisma's schema engine on the database at `url`, and frees it.
 * The engine is WebAssembly inside npm, so that nothing is downloaded at run time. Its own entry imports the .wasm
 * file as a module, which Node 20 can't yet: hence the hands-on loading, as Prisma's CLI does it too.
 */
export async function withSchemaEngine<T>(
  target: { url: string; datamodels?: [string, string][] },
  work: (engine: SchemaEngine) => Promise<T>,
): Promise<T> {
  await loadOnce();
  const adapter = createMigrationAdapter(target.url);
  try {
    const bound = bindMigrationAwareSqlAdapterFactory(adapter.factory);
    const engine = await bindings.SchemaEngine.new({ datamodels: target.datamodels }, () => undefined, bound);
    return await work(engine).finally(() => {
      engine.free();
    });
  } finally {
    await adapter.close();
  }
}

let loading: Promise<void> | undefined;

function loadOnce(): Promise<void> {
  loading ??= load();
  return loading;
}

async function load(): Promise<void> {
  const entry = createRequire(import.meta.url).resolve('@prisma/schema-engine-wasm/schema_engine_bg');
  const compiled = await WebAssembly.compile(await readFile(entry.replace(/\.js$/, '.wasm')));
  const instance = await WebAssembly.instantiate(compiled, { './schema_engine_bg.js': { ...bindings } });
  bindings.__wbg_set_wasm(instance.exports);
  const start = instance.exports['__wbindgen_start'];
  if (typeof start === 'function') (start as () => void)();
}

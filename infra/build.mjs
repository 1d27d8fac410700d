// Emits a package's src/**/*.ts as ESM into dist/. Types are checked apart, by `turbo run typecheck`.
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { build } from 'esbuild';

const sources = (await readdir('src', { recursive: true }))
  .filter((file) => file.endsWith('.ts') && !/\.(spec|d)\.ts$/.test(file))
  .map((file) => join('src', file));

await removeStaleOutput();
await build({
  entryPoints: sources,
  outdir: 'dist',
  outbase: 'src',
  format: 'esm',
  platform: 'node',
  target: 'node20',
  sourcemap: true,
  logLevel: 'warning',
});

async function removeStaleOutput() {
  const emitted = await readdir('dist', { recursive: true }).catch(() => []);
  const stale = emitted.filter((file) => /\.js(\.map)?$/.test(file));
  await Promise.all(stale.map((file) => rm(join('dist', file), { force: true })));
}

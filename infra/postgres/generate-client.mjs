// Run from a service's folder: generates its Prisma client into src/generated/prisma, offline.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';

if (existsSync('prisma/schema.prisma')) {
  const cli = createRequire(import.meta.url).resolve('prisma/build/index.js');
  const child = spawn(process.execPath, [cli, 'generate', '--no-hints'], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      ...process.env,
      // The CLI fetches an engine that generating never calls; any executable satisfies it.
      PRISMA_SCHEMA_ENGINE_BINARY: process.execPath,
      PRISMA_HIDE_UPDATE_MESSAGE: '1',
      CHECKPOINT_DISABLE: '1',
    },
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (said += chunk));
  child.once('exit', (code) => {
    if (code !== 0) process.stderr.write(said);
    process.exitCode = code ?? 1;
  });
}

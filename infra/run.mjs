#!/usr/bin/env node
// `npm start`, `npm test` and the rest, straight from a clone: checks Node, installs, builds, then runs the command.
// Imports only node: modules, since nothing else is there before the first install.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from './run/build.mjs';
import { install } from './run/install.mjs';
import { root } from './run/root.mjs';

/** What each command runs: a built module that exports `run(args)`. */
const commands = {
  start: 'infra/local/dist/commands/start.js',
  reset: 'infra/local/dist/commands/reset.js',
  dev: 'infra/local/dist/commands/dev.js',
  migration: 'infra/local/dist/commands/migration.js',
  test: 'packages/testkit/dist/commands/test.js',
  'test:containers': 'packages/testkit/dist/commands/test-containers.js',
  demo: 'packages/demo/dist/commands/demo.js',
  verify: 'packages/demo/dist/commands/verify.js',
  events: 'packages/demo/dist/commands/events.js',
  chaos: 'packages/demo/dist/commands/chaos.js',
  endurance: 'packages/demo/dist/commands/endurance.js',
  nginx: 'infra/gateway/dist/commands/nginx.js',
  bench: 'bench/dist/commands/bench.js',
};

function assertNode() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const fits = (major === 20 && minor >= 19) || (major === 22 && minor >= 12) || major >= 24;
  if (!fits)
    throw new Error(`Souk needs Node 20.19 or later (22.12, 24 …), and this is ${process.versions.node}.`);
}

/** Runs a step in the foreground of the terminal. */
function runStep(what, [file, ...args]) {
  console.log(`${what} …`);
  const { status, error } = spawnSync(file, args, {
    cwd: root,
    stdio: 'inherit',
    shell: process.platform === 'win32',
    env: { ...process.env, TURBO_TELEMETRY_DISABLED: '1', NO_UPDATE_NOTIFIER: '1' },
  });
  if (error) throw new Error(`${what} failed: ${error.message}`);
  if (status !== 0) throw new Error(`${what} failed: see above.`);
}

async function main([name, ...args]) {
  assertNode();
  const module = commands[name];
  if (!module)
    throw new Error(
      `There is no command "${name ?? ''}": choose one of ${Object.keys(commands).join(', ')}.`,
    );
  install(runStep);
  build(runStep);
  const file = join(root, module);
  if (!existsSync(file))
    throw new Error(`The command "${name}" is not part of this copy: ${module} is missing.`);
  const command = await import(pathToFileURL(file).href);
  await command.run(args);
}

/** What the file system says by a code, as a sentence that says what to do. */
function sentenceOf(error) {
  const where = error?.path ? ` at ${error.path}` : '';
  if (error?.code === 'ENOSPC')
    return `The disk is full${where}: free some space, or name another folder with --data.`;
  if (['EACCES', 'EPERM', 'EROFS'].includes(error?.code))
    return `Writing is not permitted${where}: change its owner, or name another folder with --data.`;
  return error?.message ?? String(error);
}

main(process.argv.slice(2)).catch((error) => {
  console.error(process.env.SOUK_DEBUG ? error : sentenceOf(error));
  process.exit(1);
});

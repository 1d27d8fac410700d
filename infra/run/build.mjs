import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { root } from './root.mjs';

const stamp = join(root, 'node_modules', '.cache', 'souk', 'built');
const roomsOfWorkspaces = ['packages', 'services', 'infra'];
const made = new Set(['node_modules', 'dist', 'generated', 'libs', '.turbo', 'coverage']);

/** Builds with turbo, unless no source was touched since the last build: even asking turbo takes a second. */
export function build(runStep) {
  const sources = digestOfSources();
  if (isBuilt() && existsSync(stamp) && readFileSync(stamp, 'utf8') === sources) return;
  const turbo = join(root, 'node_modules', 'turbo', 'bin', 'turbo');
  runStep('Building', [
    process.execPath,
    turbo,
    'run',
    'build',
    '--output-logs=errors-only',
    '--log-order=grouped',
  ]);
  mkdirSync(dirname(stamp), { recursive: true });
  writeFileSync(stamp, sources);
}

function isBuilt() {
  return workspaces()
    .filter((folder) => existsSync(join(folder, 'src')) && readdirSync(join(folder, 'src')).length > 0)
    .every((folder) => existsSync(join(folder, 'dist')));
}

function workspaces() {
  const inRooms = roomsOfWorkspaces.flatMap((room) =>
    readdirSync(join(root, room)).map((name) => join(root, room, name)),
  );
  return [...inRooms, join(root, 'bench')].filter((folder) => existsSync(join(folder, 'package.json')));
}

/** Of paths, sizes and times of modification: reading them takes some 30 ms. */
function digestOfSources() {
  const hash = createHash('sha256');
  const visit = (path) => {
    const found = statSync(path);
    if (!found.isDirectory()) return hash.update(`${path} ${found.size} ${found.mtimeMs}\n`);
    for (const name of readdirSync(path).sort()) if (!made.has(name)) visit(join(path, name));
  };
  for (const name of [
    ...roomsOfWorkspaces,
    'bench',
    'protos',
    'package.json',
    'package-lock.json',
    'tsconfig.base.json',
  ]) {
    if (existsSync(join(root, name))) visit(join(root, name));
  }
  return hash.digest('hex');
}

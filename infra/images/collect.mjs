// Copies what a workspace needs at run time, and nothing else, into a folder: its build, its manifest and migrations,
// the same of the workspaces it depends on, and every service.json, which says what services there are.
// Usage: node infra/images/collect.mjs WORKSPACE FOLDER [PATTERN …]: patterns name what else is wanted.
import { cpSync, existsSync, globSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';

const [workspace, folder, ...patterns] = process.argv.slice(2);
const read = (file) => JSON.parse(readFileSync(file, 'utf8'));
const workspaces = new Map(
  globSync('{packages,services,infra}/*/package.json').map((file) => [read(file).name, dirname(file)]),
);

const rooms = new Set();
function visit(name) {
  const room = workspaces.get(name);
  if (room === undefined || rooms.has(room)) return;
  rooms.add(room);
  Object.keys(read(join(room, 'package.json')).dependencies ?? {}).forEach(visit);
}

/** Source maps hold the sources, and a build may leave its own record behind. */
const runs = (path) => !/\.(map|d\.ts|tsbuildinfo)$/.test(path);
const isSource = (path) => /\.ts$/.test(path);

function take(path, filter = runs) {
  if (!existsSync(path)) return;
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  cpSync(path, join(folder, path), { recursive: true, filter });
}

if (!workspaces.has(workspace)) throw new Error(`There is no workspace ${workspace}.`);
visit(workspace);
for (const room of rooms) {
  for (const part of ['package.json', 'dist', 'prisma/migrations']) take(join(room, part));
  take(join(room, 'src/generated'), (path) => !isSource(path));
}
for (const path of globSync(['services/*/service.json', ...patterns])) take(path);
symlinkSync(workspaces.get(workspace), join(folder, 'app'));

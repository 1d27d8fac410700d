import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { root } from '../root.js';

/** Answers /api/parrot with its instance and DATABASE_URL, registers itself, ends when told to or when its stdin closes. */
const parrot = `
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
const { INSTANCE, REGISTRY_URL, REGISTRY_TOKEN_FILE, DATABASE_URL, FAIL_WITH } = process.env;
if (FAIL_WITH) { console.error(FAIL_WITH); process.exit(3); }
const headers = { 'x-consul-token': readFileSync(REGISTRY_TOKEN_FILE, 'utf8').trim() };
const put = async (path, body) => {
  const response = await fetch(REGISTRY_URL + path, { method: 'PUT', headers, body: body && JSON.stringify(body) });
  if (!response.ok) throw new Error(path + ': ' + response.status + ' ' + (await response.text()));
};
const id = INSTANCE;
const server = createServer((request, response) => response.end(JSON.stringify({ instance: INSTANCE, database: DATABASE_URL })));
server.listen(0, '127.0.0.1', async () => {
  const check = { TTL: '10s', Status: 'passing' };
  await put('/v1/agent/service/register', { ID: id, Name: 'parrot', Address: '127.0.0.1', Port: server.address().port, Check: check });
  setInterval(() => put('/v1/agent/check/pass/service:' + id).catch(() => {}), 3000);
});
const stop = async () => { await put('/v1/agent/service/deregister/' + id).catch(() => {}); process.exit(0); };
process.on('SIGTERM', stop);
process.stdin.on('close', stop).resume();
`;

const manifest = {
  name: 'parrot',
  routes: ['/api/parrot'],
  grpc: [],
  database: 'souk_parrot',
  topics: { publishes: [], consumes: [] },
  priority: 'browse',
  replicas: 1,
};

const migration = `CREATE TABLE word (id int PRIMARY KEY);`;

/** A folder of services with the real registry and one small service of its own. */
export async function writeStandInServices(folder: string): Promise<string> {
  const services = join(folder, 'services');
  const migrations = join(services, 'parrot', 'prisma', 'migrations');
  await mkdir(join(services, 'parrot', 'dist'), { recursive: true });
  await mkdir(join(migrations, '20260101000000_first'), { recursive: true });
  await symlink(join(root, 'services', 'registry'), join(services, 'registry'));
  await writeFile(join(services, 'parrot', 'package.json'), '{ "type": "module" }');
  await writeFile(join(services, 'parrot', 'service.json'), JSON.stringify(manifest));
  await writeFile(join(services, 'parrot', 'dist', 'main.js'), parrot);
  await writeFile(join(migrations, 'migration_lock.toml'), 'provider = "postgresql"\n');
  await writeFile(join(migrations, '20260101000000_first', 'migration.sql'), migration);
  return services;
}

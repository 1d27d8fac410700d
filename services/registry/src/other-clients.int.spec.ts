import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { startRegistry, type TestRegistry } from './testing/start-registry.js';

/** For what is fetched and built before: a machine without these registries is told within it. */
const PREPARE_WITHIN_MS = 180_000;
const CLIENTS = join(import.meta.dirname, '..', 'clients');

const run = promisify(execFile);
const folder = await mkdtemp(join(tmpdir(), 'souk-clients-'));
afterAll(() => rm(folder, { recursive: true, force: true }));

/** A client as a command, or undefined where it can't be had: the reason is printed. */
async function prepared(what: string, prepare: () => Promise<string>): Promise<string | undefined> {
  try {
    return await prepare();
  } catch (error) {
    const [reason = ''] = String(error).split('\n', 1);
    process.stdout.write(`skipped: ${what} can't be had here (${reason})\n`);
    return undefined;
  }
}

async function buildGoClient(): Promise<string> {
  const binary = join(folder, 'go-client');
  await run('go', ['build', '-o', binary, '.'], { cwd: join(CLIENTS, 'go'), timeout: PREPARE_WITHIN_MS });
  return binary;
}

/** By its module, which is too large to be among the requirements of our own client. */
async function installConsulTemplate(): Promise<string> {
  const env = { ...process.env, GOBIN: folder };
  const module = 'github.com/hashicorp/consul-template@v0.41.1';
  await run('go', ['install', module], { env, timeout: PREPARE_WITHIN_MS });
  return join(folder, 'consul-template');
}

async function installPythonClient(): Promise<string> {
  const room = join(folder, 'python');
  await run('python3', ['-m', 'venv', room], { timeout: PREPARE_WITHIN_MS });
  const python = join(room, 'bin', 'python');
  const requirements = join(CLIENTS, 'python', 'requirements.txt');
  const options = ['--quiet', '--disable-pip-version-check', '--retries', '1', '--timeout', '15'];
  await run(python, ['-m', 'pip', 'install', ...options, '-r', requirements], { timeout: PREPARE_WITHIN_MS });
  return python;
}

let api: TestRegistry;
beforeEach(async () => {
  api = await startRegistry();
});
afterEach(() => api.registry.stop());

const go = await prepared("Consul's client for Go", buildGoClient);
const template = await prepared('consul-template', installConsulTemplate);
const python = await prepared("Consul's client for Python", installPythonClient);

(go === undefined ? describe.skip : describe)("Consul's own client for Go", () => {
  it('registers, watches, filters, keeps keys, and is told what is wrong', async () => {
    const env = { PATH: process.env['PATH'], REGISTRY_ADDRESS: new URL(api.url).host };
    const { stdout } = await run(go ?? '', [], { env, timeout: 60_000 }).catch(
      (error: unknown) => error as { stdout: string },
    );
    expect(stdout.trim()).toBe('ok');
  }, 90_000);
});

(python === undefined ? describe.skip : describe)("Consul's client for Python", () => {
  it('registers, watches, keeps keys, and leaves', async () => {
    const { hostname, port } = new URL(api.url);
    const script = join(CLIENTS, 'python', 'client.py');
    const { stdout } = await run(python ?? '', [script, hostname, port], { timeout: 60_000 });
    expect(stdout.trim()).toBe('ok');
  }, 90_000);
});

(template === undefined ? describe.skip : describe)('consul-template', () => {
  it('writes the passing instances and a key into its file, and again whenever they change', async () => {
    const [source, target] = [join(folder, 'in.tpl'), join(folder, 'out.txt')];
    await writeFile(
      source,
      '{{ range service "web" }}{{ .Address }}:{{ .Port }} {{ end }}{{ key "greeting" }}',
    );
    const register = (id: string, port: number) =>
      api.put('/v1/agent/service/register', { ID: id, Name: 'web', Address: '10.0.0.1', Port: port });
    await register('web-1', 81);
    await api.put('/v1/kv/greeting', 'hello');
    const child = spawn(
      template ?? '',
      ['-consul-addr', new URL(api.url).host, '-template', `${source}:${target}`, '-wait', '10ms'],
      { stdio: 'ignore' },
    );
    try {
      await reads(target, '10.0.0.1:81 hello');
      await register('web-2', 82);
      await reads(target, '10.0.0.1:81 10.0.0.1:82 hello');
      await api.put('/v1/agent/service/deregister/web-1');
      await api.put('/v1/kv/greeting', 'bye');
      await reads(target, '10.0.0.1:82 bye');
    } finally {
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
  }, 90_000);
});

async function reads(file: string, wanted: string): Promise<void> {
  const deadline = Date.now() + 30_000;
  let found = '';
  while (found !== wanted) {
    if (Date.now() > deadline) throw new Error(`${file} says "${found}", and not "${wanted}".`);
    await delay(20);
    found = await readFile(file, 'utf8').catch(() => '');
  }
}

import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
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

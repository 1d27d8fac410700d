import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFile, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { freePort } from './testing/free-port.js';
import { clientOf, eventually, type RegistryClient } from './testing/start-registry.js';

const MAIN = join(import.meta.dirname, 'main.ts');
const START_WITHIN_MS = 10_000;

describe('a registry with a data directory', () => {
  let directory: string;
  let port: number;
  const children = new Set<ChildProcess>();

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'souk-registry-'));
    port = await freePort();
  });
  afterEach(async () => {
    await Promise.all([...children].map((child) => end(child, 'SIGKILL')));
    await rm(directory, { recursive: true, force: true });
  });

  async function launch(): Promise<{ child: ChildProcess; api: RegistryClient }> {
    const child = spawn(process.execPath, ['--conditions=@souk/source', '--import', 'tsx', MAIN], {
      env: {
        PATH: process.env['PATH'],
        REGISTRY_HTTP_PORT: String(port),
        REGISTRY_DNS_PORT: '0',
        REGISTRY_DATA_DIR: directory,
        REGISTRY_LOG_LEVEL: 'warn',
        HOLD_STDIN: '1',
      },
      stdio: ['pipe', 'ignore', 'inherit'],
    });
    children.add(child);
    const api = clientOf(`http://127.0.0.1:${port}`);
    const isUp = () =>
      api.get('/v1/status/leader').then(
        ({ status }) => status === 200,
        () => false,
      );
    await eventually(isUp, Boolean, START_WITHIN_MS);
    return { child, api };
  }

  async function end(child: ChildProcess, how: NodeJS.Signals | 'stdin'): Promise<number | null> {
    children.delete(child);
    if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
    const exited = once(child, 'exit');
    if (how === 'stdin') child.stdin?.end();
    else child.kill(how);
    await exited;
    return child.exitCode;
  }

  const register = (api: RegistryClient, name: string, ttl = '30s') =>
    api.put('/v1/agent/service/register', { Name: name, Check: { TTL: ttl } });
  const names = async (api: RegistryClient) =>
    Object.keys((await api.get('/v1/agent/services')).json as object).sort();

  it('loses no acknowledged write to kill -9, cuts a torn tail, and moves its index on', async () => {
    const first = await launch();
    const acknowledged: string[] = [];
    const writers = Array.from({ length: 8 }, async (_, writer) => {
      for (let at = 0; ; at += 1) {
        const name = `svc-${writer}-${at}`;
        const ok = await register(first.api, name).then(
          (response) => response.ok,
          () => false,
        );
        if (!ok) return;
        acknowledged.push(name);
      }
    });
    await eventually(
      () => Promise.resolve(acknowledged.length),
      (length) => length > 300,
    );
    await first.api.put('/v1/agent/check/pass/service:svc-0-0?note=alive');
    const { index } = await first.api.get('/v1/catalog/services');
    await end(first.child, 'SIGKILL');
    await Promise.all(writers);

    const [log = ''] = (await readdir(directory)).filter((name) => name.startsWith('log-'));
    await appendFile(join(directory, log), Buffer.from([200, 0, 0, 0, 1, 2, 3, 4, 5]));

    const second = await launch();
    expect(await names(second.api)).toEqual(expect.arrayContaining(acknowledged));
    const beaten = await second.api.get('/v1/health/checks/svc-0-0');
    expect(beaten.json).toMatchObject([{ Status: 'passing', Output: 'alive' }]);
    expect(Number(beaten.index)).toBeGreaterThan(Number(index));
    await register(second.api, 'after-the-tail');
    await end(second.child, 'SIGKILL');

    const third = await launch();
    expect(await names(third.api)).toEqual(expect.arrayContaining([...acknowledged, 'after-the-tail']));
    expect(await end(third.child, 'SIGTERM')).toBe(0);
  }, 30_000);

  it('gives TTL checks one full TTL after a restart, then lets them lapse', async () => {
    const first = await launch();
    await register(first.api, 'web', '2s');
    await first.api.put('/v1/agent/check/pass/service:web');
    await end(first.child, 'SIGKILL');
    const second = await launch();
    const listening = performance.now();
    const check = () => second.api.get('/v1/health/checks/web');
    expect((await check()).text).toContain('"Status":"passing"');
    await eventually(check, ({ text }) => text.includes('"Status":"critical"'));
    expect(performance.now() - listening).toBeGreaterThan(1_500);
    expect(await end(second.child, 'stdin')).toBe(0);
  }, 30_000);
});

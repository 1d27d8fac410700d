import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { freePort } from './testing/free-port.js';
import { clientOf, eventually, startRegistry, type TestRegistry } from './testing/start-registry.js';

const ORDER = 'token-of-order-0001';
const PRODUCT = 'token-of-product-0001';
const OPERATOR = 'token-of-operator-0001';

let folder: string;
let file: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'souk-tokens-'));
  file = join(folder, 'tokens.json');
  await writeFile(file, JSON.stringify({ [ORDER]: 'order', [PRODUCT]: 'product', [OPERATOR]: '*' }));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

let api: TestRegistry;
afterEach(() => api.registry.stop());

async function start(more: Record<string, string> = {}): Promise<void> {
  api = await startRegistry({ REGISTRY_TOKENS_FILE: file, ...more });
}

interface Ask {
  readonly token?: string;
  readonly body?: unknown;
  readonly method?: string;
}
async function ask(path: string, { token = '', body, method = 'PUT' }: Ask): Promise<string> {
  const response = await fetch(api.url + path, {
    method,
    headers: token === '' ? {} : { 'X-Consul-Token': token },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return `${response.status} ${await response.text()}`.trim();
}
const DENIED = '403 Permission denied';
const register = (token: string, body: object) => ask('/v1/agent/service/register', { token, body });

describe('with tokens', () => {
  it('a service writes its own names and no others', async () => {
    await start();
    const check = { TTL: '10s' };
    expect(await register(ORDER, { Name: 'order', ID: 'order-1', Check: check })).toBe('200');
    expect(await register(ORDER, { Name: 'order-grpc', ID: 'order-grpc-1', Check: check })).toBe('200');
    expect(await register(ORDER, { Name: 'product', ID: 'order-2' })).toBe(DENIED);
    expect(await register('', { Name: 'order' })).toBe(DENIED);
    expect(await register('guessed', { Name: 'order' })).toBe('403 ACL not found');
    expect(await register(PRODUCT, { Name: 'product', ID: 'order-1' })).toBe(DENIED);
    expect(
      await register(PRODUCT, { Name: 'product', Check: { ...check, CheckID: 'service:order-1' } }),
    ).toBe(DENIED);
    for (const path of [
      '/v1/agent/check/pass/service:order-1',
      '/v1/agent/check/fail/service:order-1',
      '/v1/agent/check/deregister/service:order-1',
      '/v1/agent/service/maintenance/order-1?enable=true',
      '/v1/agent/service/deregister/order-1',
    ]) {
      expect([path, await ask(path, { token: PRODUCT })]).toEqual([path, DENIED]);
      expect([path, await ask(path, {})]).toEqual([path, DENIED]);
    }
    const update = { body: { Status: 'passing' } };
    expect(await ask('/v1/agent/check/update/service:order-1', { token: PRODUCT, ...update })).toBe(DENIED);
    expect(await ask('/v1/agent/check/update/service:order-1', { token: ORDER, ...update })).toBe('200');
    expect(await ask('/v1/agent/check/pass/service:order-1', { token: ORDER })).toBe('200');
    const own = { Name: 'own', ServiceID: 'order-1', TTL: '10s' };
    expect(await ask('/v1/agent/check/register', { token: PRODUCT, body: own })).toBe(DENIED);
    expect(await ask('/v1/agent/check/register', { token: ORDER, body: own })).toBe('200');
    expect(await ask('/v1/agent/check/pass/none', { token: ORDER })).toMatch(/^404 Unknown check ID/);
    expect(await ask('/v1/agent/service/deregister/order-1', { token: ORDER })).toBe('200');
  });

  it('what is nobody’s is an operator’s, and an operator may do everything', async () => {
    await start();
    const disk = { Name: 'disk', TTL: '10s' };
    const requests: [string, Ask][] = [
      ['/v1/kv/a', { body: 'x' }],
      ['/v1/kv/a', { method: 'DELETE' }],
      ['/v1/agent/check/register', { body: disk }],
      ['/v1/agent/service/register', { body: { Name: 'anything' } }],
      ['/v1/agent/service/deregister/anything', {}],
      ['/v1/agent/leave', {}],
    ];
    for (const [path, how] of requests) {
      expect([path, await ask(path, { ...how, token: ORDER })]).toEqual([
        path,
        path.endsWith('deregister/anything') ? expect.stringMatching(/^404/) : DENIED,
      ]);
    }
    for (const [path, how] of requests) {
      expect([path, await ask(path, { ...how, token: OPERATOR })]).toEqual([
        path,
        expect.stringMatching(/^200/),
      ]);
    }
  });

  it('reads are for everybody, or by setting for bearers alone', async () => {
    await start();
    const read = (more: Ask) => ask('/v1/health/service/order', { method: 'GET', ...more });
    expect(await read({})).toBe('200 []');
    expect((await api.get('/v1/health/service/order')).headers.get('x-consul-default-acl-policy')).toBe(
      'deny',
    );
    expect(await read({ token: 'guessed' })).toBe('403 ACL not found');
    await api.registry.stop();
    await start({ REGISTRY_ANONYMOUS_READS: 'false' });
    expect(await read({})).toBe(DENIED);
    expect(await read({ token: ORDER })).toBe('200 []');
    expect((await api.get(`/v1/kv/a?token=${ORDER}`)).status).toBe(404);
    const bearer = await fetch(`${api.url}/v1/catalog/nodes`, {
      headers: { Authorization: `Bearer ${ORDER}` },
    });
    expect(bearer.status).toBe(200);
    expect(await ask('/v1/status/leader', { method: 'GET' })).toMatch(/^200/);
  });

  it('a file that can not be used stops the start with what is wrong, and no token', async () => {
    await start();
    const bad = join(folder, 'bad.json');
    for (const [content, why] of [
      ['{', 'is not JSON'],
      ['[]', 'must be a JSON object'],
      ['{"short":"order"}', 'has a token of less than 16 characters, for order'],
      [`{"${ORDER}":7}`, 'must give each token the name of a service'],
    ] as const) {
      await writeFile(bad, content);
      const failure = await startRegistry({ REGISTRY_TOKENS_FILE: bad }).then(
        () => '',
        (error: unknown) => String(error),
      );
      expect(failure).toContain(why);
      expect(failure).not.toContain(ORDER);
    }
    await expect(startRegistry({ REGISTRY_TOKENS_FILE: join(folder, 'none') })).rejects.toThrow(
      "can't be read",
    );
  });

  it('no token is ever logged', async () => {
    await start();
    const port = await freePort();
    const main = join(import.meta.dirname, 'main.ts');
    const child = spawn(process.execPath, ['--conditions=@souk/source', '--import', 'tsx', main], {
      env: {
        PATH: process.env['PATH'],
        REGISTRY_HTTP_PORT: String(port),
        REGISTRY_DNS_PORT: '0',
        REGISTRY_TOKENS_FILE: file,
        REGISTRY_LOG_LEVEL: 'trace',
      },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const output = text(child.stdout);
    const other = clientOf(`http://127.0.0.1:${port}`);
    const isUp = () =>
      other.get('/v1/status/leader').then(
        ({ status }) => status === 200,
        () => false,
      );
    await eventually(isUp, Boolean, 30_000);
    await other.get(`/v1/kv/seen?token=${ORDER}`);
    await other.put(`/v1/agent/service/register?token=${ORDER}`, '{"Name":');
    await other.get(`/v1/kv/seen?wait=x&token=${PRODUCT}x`);
    const exited = once(child, 'exit');
    child.kill('SIGTERM');
    await exited;
    expect(await output).toContain('/v1/kv/seen?token=<hidden>');
    for (const token of [ORDER, PRODUCT, OPERATOR]) expect(await output).not.toContain(token);
  }, 60_000);
});

import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { eventually, startRegistry, type TestRegistry } from './testing/start-registry.js';

const WAIT_TOLERANCE_MS = 10_000;

let api: TestRegistry;
beforeEach(async () => {
  api = await startRegistry();
});
afterEach(() => api.registry.stop());

async function register(name: string, more: object = {}): Promise<void> {
  const response = await api.put('/v1/agent/service/register', { Name: name, Port: 80, ...more });
  expect([response.status, await response.text()]).toEqual([200, '']);
}

const passing = (name: string, query = '') => api.get(`/v1/health/service/${name}?passing${query}`);
const count = ({ json }: { readonly json: unknown }) => (Array.isArray(json) ? json.length : -1);

describe('services and their health', () => {
  it('shows a registered service with its checks, passing only once it passed', async () => {
    await register('web', { ID: 'w1', Tags: ['blue', 'eu'], Meta: { zone: 'a' }, Check: { TTL: '10s' } });
    expect(count(await passing('web'))).toBe(0);
    expect((await api.put('/v1/agent/check/pass/service:w1?note=fine')).status).toBe(200);
    const found = await passing('web');
    expect(found.json).toMatchObject([
      {
        Node: { Node: 'test-node', Datacenter: 'dc1' },
        Service: { ID: 'w1', Service: 'web', Port: 80, Tags: ['blue', 'eu'], Meta: { zone: 'a' } },
        Checks: [
          { CheckID: 'serfHealth' },
          { CheckID: 'service:w1', Status: 'passing', Output: 'fine', ServiceName: 'web' },
        ],
      },
    ]);
    expect(found.headers.get('x-consul-knownleader')).toBe('true');
    expect(count(await passing('web', '&tag=BLUE&tag=eu'))).toBe(1);
    expect(count(await passing('web', '&tag=blue&tag=us'))).toBe(0);
    expect((await api.get('/v1/catalog/services')).json).toEqual({ consul: [], web: ['blue', 'eu'] });
    expect((await api.get('/v1/catalog/service/web')).json).toMatchObject([
      { ServiceID: 'w1', ServicePort: 80 },
    ]);
    expect((await api.get('/v1/catalog/service/none')).json).toEqual([]);
    expect((await api.get('/v1/catalog/node/test-node')).json).toMatchObject({
      Services: { w1: { ID: 'w1' } },
    });
    expect((await api.get('/v1/catalog/node/none')).json).toBeNull();
    expect(count(await api.get('/v1/health/state/passing'))).toBe(2);
    expect(count(await api.get('/v1/health/checks/web'))).toBe(1);
    expect(count(await api.get('/v1/health/node/test-node'))).toBe(2);
    expect(Object.keys((await api.get('/v1/agent/services')).json as object)).toEqual(['w1']);
    expect(Object.keys((await api.get('/v1/agent/checks')).json as object)).toEqual(['service:w1']);
    expect((await api.get('/v1/agent/service/w1')).json).toMatchObject({
      ID: 'w1',
      ContentHash: expect.any(String),
    });
  });

  it('turns critical when a TTL lapses, and passes again with the next beat', async () => {
    await register('web', { Check: { TTL: '150ms', Status: 'passing' } });
    expect(count(await passing('web'))).toBe(1);
    const lapsed = await eventually(
      () => api.get('/v1/health/checks/web'),
      ({ text }) => text.includes('"Status":"critical"'),
    );
    expect(lapsed.text).toContain('TTL expired');
    await api.put('/v1/agent/check/pass/service:web');
    expect(count(await passing('web'))).toBe(1);
  });

  it('keeps a beating service alive past its TTL', async () => {
    await register('web', { Check: { TTL: '3s', Status: 'passing' } });
    const until = performance.now() + 6_000;
    await eventually(
      async () => {
        await api.put('/v1/agent/check/pass/service:web');
        expect(count(await passing('web'))).toBe(1);
      },
      () => performance.now() > until,
    );
  });

  it('answers aggregated health as a status code, maintenance first', async () => {
    await register('web', { Check: { TTL: '10s' } });
    const code = async () => (await api.get('/v1/agent/health/service/name/web')).status;
    expect(await code()).toBe(503);
    await api.put('/v1/agent/check/warn/service:web');
    expect(await code()).toBe(429);
    await api.put('/v1/agent/check/update/service:web', { status: 'passing', output: 'ok' });
    expect(await code()).toBe(200);
    await api.put('/v1/agent/service/maintenance/web?enable=true&reason=upgrade');
    const health = await api.get('/v1/agent/health/service/id/web?format=text');
    expect([health.status, health.text]).toEqual([503, 'maintenance']);
    expect(count(await passing('web'))).toBe(0);
    await api.put('/v1/agent/service/maintenance/web?enable=false');
    expect(await code()).toBe(200);
    expect((await api.get('/v1/agent/health/service/id/none')).status).toBe(404);
  });

  it('takes checks of their own, for a service and for the node', async () => {
    await register('web');
    expect((await api.put('/v1/agent/check/register', { Name: 'disk', TTL: '10s' })).status).toBe(200);
    expect(count(await passing('web'))).toBe(0);
    await api.put('/v1/agent/check/pass/disk');
    expect(count(await passing('web'))).toBe(1);
    await api.put('/v1/agent/check/register', { Name: 'own', ServiceID: 'web', TTL: '10s' });
    expect(count(await passing('web'))).toBe(0);
    expect((await api.put('/v1/agent/check/deregister/own')).status).toBe(200);
    expect(count(await passing('web'))).toBe(1);
  });

  it('tells about itself', async () => {
    expect((await api.get('/v1/agent/self')).json).toMatchObject({
      Config: { Datacenter: 'dc1', NodeName: 'test-node', Server: true },
      Member: { Name: 'test-node', Addr: '127.0.0.1' },
    });
    expect((await api.get('/v1/status/leader')).json).toBe('127.0.0.1:8300');
    expect((await api.get('/v1/status/peers')).json).toEqual(['127.0.0.1:8300']);
    expect((await api.get('/v1/catalog/datacenters')).json).toEqual(['dc1']);
    expect(count(await api.get('/v1/agent/members'))).toBe(1);
    expect(count(await api.get('/v1/catalog/nodes'))).toBe(1);
  });
});

describe('blocking queries', () => {
  it('wake on a change of their service and sleep through others', async () => {
    await register('web', { Check: { TTL: '10s' } });
    const { index } = await passing('web');
    let answered = false;
    const waiting = passing('web', `&index=${index}&wait=20s`).finally(() => (answered = true));
    await register('other');
    await passing('other');
    expect(answered).toBe(false);
    await api.put('/v1/agent/check/pass/service:web');
    const woken = await waiting;
    expect(count(woken)).toBe(1);
    expect(Number(woken.index)).toBeGreaterThan(Number(index));
    await register('another');
    expect((await passing('web')).index).toBe(woken.index);
  });

  it('wake when the last instance leaves, and block on a service that is not there', async () => {
    await register('web');
    const first = await passing('web');
    const waiting = passing('web', `&index=${first.index}&wait=20s`);
    await api.put('/v1/agent/service/deregister/web');
    const left = await waiting;
    expect(left.json).toEqual([]);
    expect(Number(left.index)).toBeGreaterThan(Number(first.index));
    const waitingAgain = passing('web', `&index=${left.index}&wait=20s`);
    await register('web');
    expect(count(await waitingAgain)).toBe(1);
  });

  it('answer after their wait with the same index, and never block on index 0', async () => {
    await register('web');
    const { index } = await passing('web', '&index=0&wait=20s');
    const begun = performance.now();
    const answer = await passing('web', `&index=${index}&wait=300ms`);
    const took = performance.now() - begun;
    expect(answer.index).toBe(index);
    expect(took).toBeGreaterThanOrEqual(300);
    expect(took).toBeLessThan(300 * (1 + 1 / 16) + WAIT_TOLERANCE_MS);
  });

  it('answer at once to an index of an earlier life', async () => {
    const first = await passing('web');
    await api.registry.stop();
    api = await startRegistry();
    const begun = performance.now();
    await passing('web', `&index=${Number(first.index) - 1}&wait=20s`);
    expect(performance.now() - begun).toBeLessThan(15_000);
  });

  it('are answered when the registry stops', async () => {
    const { index } = await passing('web');
    const waiting = passing('web', `&index=${index}&wait=60s`);
    await eventually(
      () => api.get('/v1/status/leader'),
      () => true,
    );
    await api.registry.stop();
    expect((await waiting).status).toBe(200);
  });
});

describe('the key-value store', () => {
  it('keeps, lists, guards and removes', async () => {
    expect((await api.get('/v1/kv/app/x')).status).toBe(404);
    expect(await (await api.put('/v1/kv/app/x?flags=7', 'one')).text()).toBe('true');
    await api.put('/v1/kv/app/deep/y', 'two');
    expect((await api.get('/v1/kv/app/x?raw')).text).toBe('one');
    const entry = await api.get('/v1/kv/app/x');
    expect(entry.json).toMatchObject([
      { Key: 'app/x', Flags: 7, Value: Buffer.from('one').toString('base64') },
    ]);
    expect((await api.get('/v1/kv/app/?recurse')).json).toHaveLength(2);
    expect((await api.get('/v1/kv/app/?keys&separator=/')).json).toEqual(['app/deep/', 'app/x']);
    expect(await (await api.put('/v1/kv/app/x?cas=0', 'late')).text()).toBe('false');
    expect(await (await api.put(`/v1/kv/app/x?cas=${entry.index}`, 'next')).text()).toBe('true');
    const waiting = api.get(
      `/v1/kv/app/?recurse&index=${(await api.get('/v1/kv/app/?recurse')).index}&wait=20s`,
    );
    await fetch(`${api.url}/v1/kv/app/x`, { method: 'DELETE' });
    expect((await waiting).json).toHaveLength(1);
    await fetch(`${api.url}/v1/kv/app?recurse`, { method: 'DELETE' });
    expect((await api.get('/v1/kv/?keys')).status).toBe(404);
  });
});

describe('what is refused', () => {
  it.each([
    ['/v1/health/service/web?index=x', 400, 'Invalid index'],
    ['/v1/health/service/web?wait=soon', 400, 'Invalid wait time'],
    ['/v1/health/service/', 400, 'Missing service name'],
    ['/v1/health/service/web?passing=perhaps', 400, 'Invalid value for ?passing'],
    [
      '/v1/health/service/web?stale&consistent',
      400,
      'Cannot specify ?stale with ?consistent, conflicting semantics.',
    ],
    ['/v1/health/service/%E0%A4%A', 400, 'Invalid URL path: malformed escape'],
    ['/v1/catalog/services?dc=elsewhere', 500, 'No path to datacenter'],
    [
      '/v1/agent/service/none',
      404,
      'Unknown service ID "none". Ensure that the service ID is passed, not the service name.',
    ],
    ['/v1/nothing', 404, 'Invalid URL path: not a recognized HTTP API endpoint'],
    ['/v1/agent/service/register', 405, 'method GET not allowed'],
  ])('%s is %i', async (path, status, text) => {
    const answer = await api.get(path);
    expect([answer.status, answer.text]).toEqual([status, text]);
    expect(answer.headers.get('content-type')).toContain('text/plain');
    if (status === 405) expect(answer.headers.get('allow')).toBe('PUT');
  });

  it('malformed JSON, a missing name, unknown checks and a body of 10 MB', async () => {
    const refusal = async (path: string, body?: unknown) => {
      const response = await api.put(path, body);
      return [response.status, await response.text()];
    };
    const [status, text] = await refusal('/v1/agent/service/register', '{"Name":');
    expect([status, text]).toEqual([400, expect.stringMatching(/^Request decode failed: /)]);
    expect(await refusal('/v1/agent/service/register', {})).toEqual([400, 'Missing service name']);
    expect(await refusal('/v1/agent/check/pass/none')).toEqual([
      404,
      'Unknown check ID "none". Ensure that the check ID is passed, not the check name.',
    ]);
    expect((await refusal('/v1/agent/service/register', 'x'.repeat(10 * 1024 * 1024)))[0]).toBe(413);
    expect((await api.get('/v1/status/leader')).status).toBe(200);
  });
});

describe('checks that the registry asks', () => {
  let target: Server;
  let statusCode = 200;
  let requests = 0;
  beforeEach(async () => {
    statusCode = 200;
    target = createServer((_request, response) => {
      requests += 1;
      response.writeHead(statusCode, { location: '/elsewhere' }).end('body');
    }).listen(0, '127.0.0.1');
    await once(target, 'listening');
  });
  afterEach(() => {
    target.closeAllConnections();
    target.close();
  });
  const port = () => (target.address() as AddressInfo).port;
  const statusIs = (wanted: string) =>
    eventually(
      () => api.get('/v1/health/checks/web'),
      ({ text }) => text.includes(`"Status":"${wanted}"`),
    );

  it('follow an HTTP service, and no redirect', async () => {
    await register('web', {
      Check: { HTTP: `http://127.0.0.1:${port()}/health`, Interval: '1s', Timeout: '1s' },
    });
    expect((await statusIs('passing')).text).toContain('Output: body');
    statusCode = 429;
    await statusIs('warning');
    statusCode = 302;
    await statusIs('critical');
    expect(requests).toBeGreaterThanOrEqual(3);
  });

  it('follow a TCP service', async () => {
    await register('web', { Check: { TCP: `127.0.0.1:${port()}`, Interval: '1s', Timeout: '1s' } });
    await statusIs('passing');
    target.closeAllConnections();
    target.close();
    await statusIs('critical');
  });

  it('reach no address outside the allowed networks', async () => {
    await register('web', {
      Check: { HTTP: 'http://169.254.169.254/latest', Interval: '1s', Timeout: '1s' },
    });
    const refused = await eventually(
      () => api.get('/v1/health/checks/web'),
      ({ text }) => text.includes('outside the networks'),
    );
    expect(refused.text).toContain('"Status":"critical"');
  });
});

describe('leaving', () => {
  it('stops listening', async () => {
    expect((await api.put('/v1/agent/leave')).status).toBe(200);
    await eventually(
      () =>
        api.get('/v1/status/leader').then(
          () => 'up',
          () => 'down',
        ),
      (state) => state === 'down',
    );
  });
});

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { eventually, startRegistry, type TestRegistry } from './testing/start-registry.js';

let api: TestRegistry;
beforeEach(async () => {
  api = await startRegistry({ REGISTRY_NODE_META: '{"rack":"a"}', REGISTRY_MAX_BLOCKING_QUERIES: '5' });
});
afterEach(() => api.registry.stop());

const put = async (path: string, body?: unknown): Promise<string> => {
  const response = await api.put(path, body);
  return `${response.status} ${await response.text()}`.trim();
};
const rowsOf = async (path: string) => (await api.get(path)).json as Record<string, unknown>[];
const count = async (path: string) => (await rowsOf(path)).length;
const filtered = (path: string, filter: string) => count(`${path}?filter=${encodeURIComponent(filter)}`);

const ELSEWHERE = {
  Node: 'Box',
  Address: '10.1.0.1',
  NodeMeta: { rack: 'b' },
  Service: { ID: 'w9', Service: 'web', Port: 99, Tags: ['far'], Meta: { zone: 'b' } },
  Checks: [{ CheckID: 'c9', Name: 'told', Status: 'passing', ServiceID: 'w9' }],
};

describe('the catalog, written by an operator', () => {
  it('takes nodes with services and checks, and shows them beside its own', async () => {
    await put('/v1/agent/service/register', { Name: 'web', ID: 'w1', Port: 80, Tags: ['near'] });
    expect(await put('/v1/catalog/register', ELSEWHERE)).toBe('200 true');
    expect(await rowsOf('/v1/health/service/web?passing')).toMatchObject([
      { Node: { Node: 'test-node' }, Service: { ID: 'w1' } },
      { Node: { Node: 'Box', Address: '10.1.0.1' }, Service: { ID: 'w9' }, Checks: [{ CheckID: 'c9' }] },
    ]);
    expect((await api.get('/v1/catalog/node/box')).json).toMatchObject({ Services: { w9: { Port: 99 } } });
    expect(Object.keys((await api.get('/v1/agent/services')).json as object)).toEqual(['w1']);
    expect(
      await put('/v1/catalog/register', {
        ...ELSEWHERE,
        Service: undefined,
        Check: { CheckID: 'x', ServiceID: 'none' },
      }),
    ).toBe('400 Missing service registration');
    expect(await put('/v1/catalog/register', { Node: 'Box' })).toBe('400 Must provide node and address');
    expect(await put('/v1/catalog/register', { ...ELSEWHERE, Datacenter: 'dc9' })).toBe(
      '500 No path to datacenter',
    );
  });

  it('lets them go again, one by one or a whole node, and wakes who waits', async () => {
    await put('/v1/catalog/register', ELSEWHERE);
    const { index } = await api.get('/v1/health/service/web');
    const waiting = api.get(`/v1/health/service/web?index=${index}&wait=20s`);
    expect(await put('/v1/catalog/deregister', { Node: 'Box', CheckID: 'c9' })).toBe('200 true');
    expect((await waiting).json).toMatchObject([{ Checks: [] }]);
    expect(await put('/v1/catalog/deregister', { Node: 'Box', ServiceID: 'w9' })).toBe('200 true');
    expect(await count('/v1/catalog/service/web')).toBe(0);
    expect(await count('/v1/catalog/nodes')).toBe(2);
    await put('/v1/catalog/register', ELSEWHERE);
    expect(await put('/v1/catalog/deregister', { Node: 'Box' })).toBe('200 true');
    expect(await count('/v1/catalog/nodes')).toBe(1);
    expect(await count('/v1/catalog/service/web')).toBe(0);
    expect(await put('/v1/catalog/deregister', { Node: 'Box' })).toBe('200 true');
    expect(await put('/v1/catalog/deregister', {})).toBe('400 Must provide node');
    expect(await put('/v1/catalog/deregister', { Node: 'test-node' })).toMatch(/^400 Deregistering the node/);
  });
});

describe('what queries select', () => {
  beforeEach(async () => {
    const check = { TTL: '10s', Status: 'passing' };
    await put('/v1/agent/service/register', {
      Name: 'web',
      ID: 'w1',
      Port: 80,
      Meta: { zone: 'a' },
      Check: check,
    });
    await put('/v1/agent/service/register', { Name: 'web', ID: 'w2', Port: 81, Check: { TTL: '10s' } });
    await put('/v1/catalog/register', ELSEWHERE);
  });

  it.each([
    ['/v1/health/service/web', 'Service.Port == 80', 1],
    ['/v1/health/service/web', 'Service.Meta.zone is not empty', 2],
    ['/v1/health/service/web', 'Node.Meta.rack == b or Checks.Status == critical', 2],
    ['/v1/health/service/web', 'far in Service.Tags', 1],
    ['/v1/health/checks/web', 'Status == passing and Name matches "check$"', 1],
    ['/v1/health/state/any', 'ServiceName == web', 3],
    ['/v1/health/node/box', 'CheckID != c9', 0],
    ['/v1/catalog/service/web', 'ServiceMeta.zone == a or NodeMeta.rack == b', 2],
    ['/v1/catalog/nodes', 'Node == Box', 1],
  ])('%s?filter=%s gives %i', async (path, filter, expected) => {
    expect(await filtered(path, filter)).toBe(expected);
  });

  it('agents and nodes filter by the fields of services and checks', async () => {
    const keys = async (path: string, filter: string) =>
      Object.keys((await api.get(`${path}?filter=${encodeURIComponent(filter)}`)).json as object);
    expect(await keys('/v1/agent/services', 'Meta.zone == a')).toEqual(['w1']);
    expect(await keys('/v1/agent/checks', 'Status == critical')).toEqual(['service:w2']);
    expect(await keys('/v1/catalog/services', 'ServicePort == 99')).toEqual(['web']);
    const { json } = await api.get('/v1/catalog/node/test-node?filter=Port==81');
    expect(Object.keys((json as { Services: object }).Services)).toEqual(['w2']);
  });

  it('a filter that can not be used is refused with the reason', async () => {
    const answer = await api.get('/v1/health/service/web?filter=Service.Nope==1');
    expect([answer.status, answer.text]).toEqual([
      400,
      'Invalid filter expression: selector Service.Nope is not valid',
    ]);
  });

  it('nodes by their meta, and the nearest first', async () => {
    expect(await count('/v1/health/service/web?node-meta=rack:b')).toBe(1);
    expect(await count('/v1/catalog/service/web?node-meta=rack:a')).toBe(2);
    expect(await count('/v1/catalog/nodes?node-meta=rack:a&node-meta=floor:1')).toBe(0);
    expect((await api.get('/v1/catalog/services?node-meta=rack:b')).json).toEqual({ web: ['far'] });
    const order = async (near: string) =>
      (await rowsOf(`/v1/catalog/service/web?near=${near}`)).map(({ ServiceID }) => ServiceID);
    expect(await order('box')).toEqual(['w9', 'w1', 'w2']);
    expect(await order('_agent')).toEqual(['w1', 'w2', 'w9']);
  });

  it('names whatever their case', async () => {
    expect(await count('/v1/health/service/WEB')).toBe(3);
    expect(await count('/v1/catalog/service/Web')).toBe(3);
  });

  it('pretty answers, allowed methods, and an answer of its own to those that are not', async () => {
    expect((await api.get('/v1/catalog/datacenters?pretty')).text).toBe('[\n    "dc1"\n]\n');
    expect((await api.get('/v1/health/service/web?pretty')).text).toContain('\n        "Node": {');
    const options = await fetch(`${api.url}/v1/kv/a`, { method: 'OPTIONS' });
    expect([options.status, options.headers.get('allow')]).toEqual([200, 'GET,PUT,DELETE']);
    const refused = await fetch(`${api.url}/v1/catalog/register`, { method: 'POST' });
    expect([refused.status, refused.headers.get('allow'), await refused.text()]).toEqual([
      405,
      'PUT',
      'method POST not allowed',
    ]);
  });
});

describe('maintenance of the node', () => {
  it('takes all that runs there out, and puts it back', async () => {
    await put('/v1/agent/service/register', { Name: 'web' });
    expect(await put('/v1/agent/maintenance')).toBe('400 Missing value for enable');
    expect(await put('/v1/agent/maintenance?enable=true&reason=move')).toBe('200');
    expect(await count('/v1/health/service/web?passing')).toBe(0);
    expect((await api.get('/v1/agent/checks')).json).toMatchObject({
      _node_maintenance: { Name: 'Node Maintenance Mode', Notes: 'move', Status: 'critical' },
    });
    expect((await api.get('/v1/agent/health/service/id/web?format=text')).text).toBe('maintenance');
    expect(await put('/v1/agent/maintenance?enable=false')).toBe('200');
    expect(await count('/v1/health/service/web?passing')).toBe(1);
  });
});

describe('what is too much', () => {
  it('metadata past its limits, with the reason', async () => {
    const register = (Meta: object) => put('/v1/agent/service/register', { Name: 'web', Meta });
    expect(await register({ big: 'x'.repeat(65_536) })).toMatch(
      /^400 Invalid Service Meta: Couldn't load metadata pair \('big', 'x{128}…'\): Value is too long \(limit: 512 characters\)$/,
    );
    expect(await register({ 'no spaces': 'x' })).toContain('Key contains invalid characters');
    expect(await register({ ['k'.repeat(129)]: 'x' })).toContain('Key is too long (limit: 128 characters)');
    const many = Object.fromEntries(Array.from({ length: 65 }, (_, at) => [`k${at}`, '']));
    expect(await register(many)).toContain('cannot contain more than 64 key/value pairs');
    expect(await register({ note: '日本語 – ünïcödé 🎉' })).toBe('200');
    expect((await rowsOf('/v1/catalog/service/web'))[0]).toMatchObject({
      ServiceMeta: { note: '日本語 – ünïcödé 🎉' },
    });
  });

  it('a key past 512 KB', async () => {
    expect(await put('/v1/kv/big', 'x'.repeat(512 * 1024))).toBe('200 true');
    expect(await put('/v1/kv/big', 'x'.repeat(512 * 1024 + 1))).toMatch(
      /^413 Request body.* too large, max size: 524288/,
    );
  });

  it('blocking queries past their limit, while others are served and who left makes room', async () => {
    const { index } = await api.get('/v1/health/service/web');
    const leaving = new AbortController();
    const path = `/v1/health/service/web?index=${index}&wait=60s`;
    const open = Array.from({ length: 5 }, () =>
      fetch(api.url + path, { signal: leaving.signal }).catch(() => undefined),
    );
    const refused = await eventually(
      () => api.get(`/v1/health/service/web?index=${index}&wait=10ms`),
      ({ status }) => status === 429,
    );
    expect(refused.text).toBe('Too many blocking queries are open: ask again later');
    expect((await api.get('/v1/health/service/web')).status).toBe(200);
    leaving.abort();
    await Promise.all(open);
    await eventually(
      () => api.get(`/v1/health/service/web?index=${index}&wait=10ms`),
      ({ status }) => status === 200,
    );
  }, 30_000);
});

describe('answers that are kept', () => {
  it('are never older than the last write, output of checks included', async () => {
    await put('/v1/agent/service/register', { Name: 'web', Check: { TTL: '10s' } });
    for (const note of ['one', 'two', 'three']) {
      await put(`/v1/agent/check/pass/service:web?note=${note}`);
      expect((await api.get('/v1/health/service/web')).text).toContain(`"Output":"${note}"`);
    }
    await put('/v1/agent/service/register', { Name: 'web', Tags: ['new'], Check: { TTL: '10s' } });
    expect((await api.get('/v1/health/service/web')).text).toContain('"Tags":["new"]');
    await put('/v1/agent/check/register', { Name: 'disk', TTL: '10s' });
    expect(await rowsOf('/v1/health/service/web?passing')).toEqual([]);
    await put('/v1/agent/service/deregister/web');
    expect(await rowsOf('/v1/health/service/web')).toEqual([]);
  });
});

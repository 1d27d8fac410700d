import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { adminToken, call, expectProblem, expectStatus, newPerson, openSystem, until } from '@souk/testkit';

const system = await openSystem();
const { url } = system;

let admin: string;
let user: string;

beforeAll(async () => {
  [admin, { accessToken: user }] = await Promise.all([adminToken(system), newPerson(system)]);
});

interface Health {
  readonly status: string;
  readonly seeded: boolean;
  readonly services: { name: string; status: string; instances: { id: string; status: string }[] }[];
}

interface Figures {
  readonly topics: Record<string, unknown>[];
  readonly rpc: Record<string, unknown>[];
  readonly rest: Record<string, unknown>[];
}

describe('the health of the whole', () => {
  it('names every service with a passing instance', async () => {
    const health = await until(
      async () => {
        const answer = await call<Health>(url, 'GET /healthz');
        return answer.status === 200 && answer.body;
      },
      { withinMs: 20_000, what: 'healthz answers 200' },
    );
    expect(health).toMatchObject({ status: 'ok', seeded: true });
    expect(health.services.map(({ name }) => name)).toEqual(expect.arrayContaining(['identity', 'system']));
    for (const service of health.services) {
      expect(service.status).toBe('ok');
      expect(service.instances.some(({ status }) => status === 'passing')).toBe(true);
    }
  });
});

describe('the documents', () => {
  it('begin at a page of links that lead somewhere', async () => {
    const page = await expectStatus(200, call<string>(url, 'GET /'));
    expect(page.headers.get('content-type')).toContain('text/html');
    const links = [...page.body.matchAll(/href="(\/[^"]*)"/g)].map(([, link]) => link ?? '');
    expect(links).toEqual(expect.arrayContaining(['/docs', '/openapi.json', '/asyncapi.json', '/healthz']));
    for (const link of links) {
      const answer = await call(url, `GET ${link}`);
      expect([200, 301, 302, 308]).toContain(answer.status);
    }
  });

  it('describe every public route in one OpenAPI document', async () => {
    const { body } = await expectStatus(
      200,
      call<{ openapi: string; paths: Record<string, Record<string, unknown>> }>(url, 'GET /openapi.json'),
    );
    expect(body.openapi).toMatch(/^3\./);
    const operations = Object.entries(body.paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path.replace(/\/$/, '') || '/'}`),
    );
    expect(operations).toEqual(
      expect.arrayContaining([
        'POST /api/users',
        'GET /api/users',
        'GET /api/users/me',
        'GET /api/users/{id}',
        'POST /api/sessions',
        'POST /api/sessions/refresh',
        'DELETE /api/sessions/current',
        'GET /api/system/communications',
      ]),
    );
  });

  it('can be read at /docs', async () => {
    const first = await call(url, 'GET /docs');
    const page = first.status === 200 ? first : await call(url, `GET ${first.headers.get('location') ?? ''}`);
    expect(page.status).toBe(200);
    expect(page.headers.get('content-type')).toContain('text/html');
  });
});

describe('the figures of the three ways to talk', () => {
  it('are for an administrator', async () => {
    await expectProblem(call(url, 'GET /api/system/communications'), 'unauthenticated');
    await expectProblem(call(url, 'GET /api/system/communications', { token: user }), 'permission_denied');
  });

  it('have the promised shape and count what happens', async () => {
    const read = async (): Promise<Figures> =>
      (await expectStatus(200, call<Figures>(url, 'GET /api/system/communications', { token: admin }))).body;
    const { topics, rpc, rest } = await read();
    expect(topics.map(({ topic }) => topic)).toContain('identity.events.v1');
    for (const topic of topics) {
      expect(topic).toMatchObject({
        productionRate: expect.any(Number),
        consumptionRate: expect.any(Number),
        maxConsumptionRate: expect.any(Number),
        lag: expect.any(Number),
        capacity: expect.anything(),
      });
      expect(Object.keys(topic['capacity'] as object).sort()).toEqual(['bytes', 'messages']);
    }
    const figures = {
      calls: expect.any(Number),
      requestBytes: expect.any(Number),
      responseBytes: expect.any(Number),
      latencyMs: { p50: expect.any(Number), p95: expect.any(Number), p99: expect.any(Number) },
    };
    for (const method of rpc) expect(method).toMatchObject({ ...figures, method: expect.any(String) });
    for (const route of rest) expect(route).toMatchObject({ ...figures, route: expect.any(String) });

    const registrations = (from: Figures): number =>
      Number(
        from.rest.find(({ method, route }) => method === 'POST' && route === '/api/users')?.['calls'] ?? 0,
      );
    const before = registrations(await read());
    await newPerson(system);
    await until(async () => registrations(await read()) > before, {
      withinMs: 10_000,
      what: 'the registration is counted',
    });
  });
});

describe('the gateway', () => {
  it('answers problems for what is not there', async () => {
    for (const path of ['/nothing', '/api', '/api/nothing', '/api/users/me/nothing', '/api/usersx'])
      await expectProblem(call(url, `GET ${path}`, { token: admin }), 'not_found');
    await expectProblem(call(url, 'DELETE /api/users', { token: admin }), 'not_found', 'method_not_allowed');
  });

  it('carries the trace of a request through to the problem', async () => {
    const traceId = randomUUID().replaceAll('-', '');
    const answer = await call(url, 'GET /api/users/me', {
      headers: { traceparent: `00-${traceId}-b7ad6b7169203331-01` },
    });
    expect(await expectProblem(answer, 'unauthenticated')).toMatchObject({
      traceId,
      instance: '/api/users/me',
    });
    expect(answer.headers.get('traceparent')).toContain(traceId);
  });

  it('lets nobody claim an identity by headers', async () => {
    const headers = { 'x-user-id': randomUUID(), 'x-user-roles': 'admin', 'x-forwarded-user': 'admin' };
    await expectProblem(call(url, 'GET /api/users', { headers }), 'unauthenticated');
  });

  it('starts no work whose time has passed', async () => {
    const answer = await call(url, 'GET /api/users', {
      token: admin,
      headers: { 'x-request-deadline-ms': '0' },
    });
    await expectProblem(answer, 'deadline_exceeded', 'invalid_argument');
  });

  it('hides what services tell their operators', async () => {
    for (const path of ['/metrics', '/health/live', '/health/ready', '/v1/catalog/services'])
      await expectProblem(call(url, `GET ${path}`), 'not_found');
  });

  it('answers a path that is no path', async () => {
    for (const path of [
      '/api/users/%',
      '/api/users/%00',
      '/api/users/..%2f..%2fetc%2fpasswd',
      `/api/users/${'a'.repeat(3000)}`,
    ]) {
      const answer = await call(url, `GET ${path}`, { token: admin });
      expect(answer.status).toBeLessThan(500);
      await expectProblem(answer);
    }
  });
});

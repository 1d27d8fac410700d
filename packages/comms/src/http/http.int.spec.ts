import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { createUserVerifier, issueAccessToken } from '../auth/index.js';
import { createPicker } from '../discovery/index.js';
import { errorCodes, ServiceError, type ErrorCode } from '../errors/index.js';
import {
  callFrom,
  createLogger,
  createMetrics,
  currentCall,
  formatTraceparent,
  runInCall,
} from '../telemetry/index.js';
import { gate } from '../testing/until.js';
import { createHttpClient, createHttpServer, strictObject, Type, type HttpServer } from './index.js';

const pair = generateKeyPairSync('rsa', { modulusLength: 2048 });
const tokenOf = (...roles: string[]) =>
  issueAccessToken(
    { kid: 'k', algorithm: 'RS256', privateKey: pair.privateKey },
    { id: 'u', roles, sessionId: 's' },
  ).token;
const silent = createLogger({ service: 'toy', instance: 'toy', level: 'silent' });
const codes = Object.keys(errorCodes) as ErrorCode[];

describe('HTTP', () => {
  const closing: (() => unknown)[] = [];
  afterEach(async () => {
    for (const close of closing.splice(0).reverse()) await close();
  });

  const serve = async (routes: (server: HttpServer) => void, isDraining = () => false): Promise<string> => {
    const server = await createHttpServer({
      title: 'Toy',
      logger: silent,
      metrics: createMetrics(),
      verifyUser: createUserVerifier(() => pair.publicKey),
      isDraining,
    });
    routes(server);
    closing.push(() => server.close());
    return server.listen({ host: '127.0.0.1', port: 0 });
  };
  const open = { config: { access: 'public' } } as const;
  const problemOf = async (answer: Response) => {
    expect(answer.headers.get('content-type')).toBe('application/problem+json');
    return (await answer.json()) as Record<string, unknown>;
  };
  const clientTo = (target: string) => {
    const client = createHttpClient({ peer: 'toy', target, metrics: createMetrics(), timeoutMs: 60_000 });
    closing.push(client.close);
    return client;
  };
  /** A peer that answers what it is told, with nothing of ours. */
  const peer = async (
    answer: (count: number) => { status: number; body?: string; after?: Promise<void> },
  ) => {
    const seen = { count: 0, headers: [] as NodeJS.Dict<string | string[]>[] };
    const server = createServer((request, response) => {
      seen.count += 1;
      seen.headers.push(request.headers);
      const { status, body = '{}', after = Promise.resolve() } = answer(seen.count);
      void after.then(() => response.writeHead(status, { 'content-type': 'application/json' }).end(body));
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    closing.push(() => {
      server.closeAllConnections();
      server.close();
    });
    const { port } = server.address() as AddressInfo;
    return { url: `http://127.0.0.1:${String(port)}`, port, seen };
  };

  it('answers each error as a problem with its status', async () => {
    const url = await serve((server) => {
      server.get('/fail/:code', open, (request) => {
        const { code } = request.params as { code: ErrorCode };
        throw new ServiceError(code, `because ${code}`);
      });
    });
    for (const code of codes) {
      const answer = await fetch(`${url}/fail/${code}?secret=1`);
      expect(answer.status).toBe(errorCodes[code].http);
      const problem = await problemOf(answer);
      expect(problem).toMatchObject({
        code,
        status: answer.status,
        detail: `because ${code}`,
        instance: `/fail/${code}`,
      });
      expect(answer.headers.get('traceparent')).toContain(problem['traceId']);
      expect(answer.headers.has('retry-after')).toBe(answer.status === 429 || answer.status === 503);
    }
  });

  it('says what is wrong with a request, and nothing of what is wrong with us', async () => {
    const url = await serve((server) => {
      const body = strictObject({
        name: Type.String({ maxLength: 3 }),
        inner: strictObject({ n: Type.Integer() }),
      });
      server.post('/toys', { ...open, schema: { body } }, () => ({}));
      server.get('/broken', open, () => {
        throw new Error('password=1');
      });
    });
    const post = (body: string, type = 'application/json') =>
      fetch(`${url}/toys`, { method: 'POST', body, headers: { 'content-type': type } });
    const invalid = await problemOf(await post('{"name":"long","inner":{"n":"1"},"more":1}'));
    expect(invalid).toMatchObject({ status: 400, code: 'invalid_argument' });
    const paths = (invalid['errors'] as { path: string }[]).map(({ path }) => path);
    expect(paths.sort()).toEqual(['/inner/n', '/more', '/name']);
    const status = async (answer: Promise<Response>) => (await problemOf(await answer))['status'];
    expect(await status(post('{'))).toBe(400);
    expect(await status(post(''))).toBe(400);
    expect(await status(post('{"__proto__":{"n":1}}'))).toBe(400);
    expect(await status(post(JSON.stringify({ name: 'x'.repeat(300_000) })))).toBe(413);
    expect(await status(post('<a/>', 'text/xml'))).toBe(415);
    expect(await status(fetch(`${url}/nothing`))).toBe(404);
    const broken = await problemOf(await fetch(`${url}/broken`));
    expect(broken).toMatchObject({ status: 500, code: 'internal' });
    expect(JSON.stringify(broken)).not.toContain('password');
  });

  it('lets in whom the route is for', async () => {
    const url = await serve((server) => {
      server.get('/open', open, () => ({}));
      server.get('/mine', () => ({}));
      server.get('/all', { config: { access: 'admin' } }, () => ({}));
    });
    const ask = async (path: string, token?: string) =>
      (await fetch(url + path, token === undefined ? {} : { headers: { authorization: `Bearer ${token}` } }))
        .status;
    expect([await ask('/open'), await ask('/mine'), await ask('/all')]).toEqual([200, 401, 401]);
    expect([await ask('/mine', tokenOf()), await ask('/all', tokenOf())]).toEqual([200, 403]);
    expect([await ask('/all', tokenOf('admin')), await ask('/mine', 'garbage')]).toEqual([200, 401]);
  });

  it('takes the deadline and the trace of its caller', async () => {
    const lefts: number[] = [];
    const url = await serve((server) => {
      server.get('/toys', open, () => {
        lefts.push((currentCall()?.deadlineAtMs ?? 0) - Date.now());
        return {};
      });
    });
    const ask = (deadline: string) =>
      fetch(`${url}/toys`, { headers: { 'x-request-deadline-ms': deadline } });
    expect([(await ask('20500')).status, (await ask('0')).status, (await ask('soon')).status]).toEqual([
      200, 504, 400,
    ]);
    expect(lefts).toHaveLength(1);
    expect(lefts[0]).toBeLessThanOrEqual(20_500);
    const { trace } = callFrom(undefined);
    const answer = await fetch(`${url}/toys`, { headers: { traceparent: formatTraceparent(trace) } });
    expect(answer.headers.get('traceparent')).toContain(trace.traceId);
    expect(lefts[1]).toBeGreaterThan(5000);
  });

  it('asks its callers to go elsewhere while it drains', async () => {
    let draining = false;
    const url = await serve(
      (server) => server.get('/toys', open, () => ({})),
      () => draining,
    );
    expect((await fetch(`${url}/toys`)).headers.get('connection')).toBe('keep-alive');
    draining = true;
    expect((await fetch(`${url}/toys`)).headers.get('connection')).toBe('close');
  });

  it('calls with trace and deadline, and repeats only what may be repeated', async () => {
    const { url, seen } = await peer((count) => ({ status: count % 3 === 0 ? 200 : 503 }));
    const client = clientTo(url);
    const call = callFrom(undefined, 20_900);
    expect((await runInCall(call, () => client.call({ method: 'GET', path: '/' }))).status).toBe(200);
    expect(seen.count).toBe(3);
    for (const headers of seen.headers) {
      expect(headers['traceparent']).toContain(call.trace.traceId);
      expect(Number(headers['x-request-deadline-ms'])).toBeLessThanOrEqual(20_900);
    }
    await expect(client.call({ method: 'POST', path: '/', body: {} })).rejects.toMatchObject({
      code: 'unavailable',
    });
    expect(seen.count).toBe(4);
  });

  it('gives any answer below 500, and an error for the rest', async () => {
    const answers = [
      { status: 404, body: '{"a":1}' },
      { status: 500, body: '{"code":"deadline_exceeded"}' },
      { status: 500, body: '{}' },
      { status: 200, body: 'not JSON' },
    ];
    const { url } = await peer((count) => answers[count - 1] ?? { status: 500 });
    const client = clientTo(url);
    const call = () => client.call({ method: 'POST', path: '/' });
    expect(await call()).toMatchObject({ status: 404, body: { a: 1 } });
    await expect(call()).rejects.toMatchObject({ code: 'deadline_exceeded' });
    await expect(call()).rejects.toMatchObject({ code: 'internal' });
    await expect(call()).rejects.toMatchObject({ code: 'bad_gateway' });
    await expect(clientTo('http://127.0.0.1:1').call({ method: 'GET', path: '/' })).rejects.toMatchObject({
      code: 'unavailable',
    });
  });

  it('ends at its limit, retries included', async () => {
    const held = gate();
    closing.push(held.open);
    const { url, seen } = await peer((count) => ({
      status: 503,
      after: count === 1 ? delay(250) : held.opened,
    }));
    const start = performance.now();
    const call = clientTo(url).call({ method: 'GET', path: '/', timeoutMs: 2000 });
    await expect(call).rejects.toMatchObject({ code: 'deadline_exceeded' });
    expect(performance.now() - start).toBeLessThan(30_000);
    expect(seen.count).toBe(2);
    const past = { ...callFrom(undefined), deadlineAtMs: Date.now() - 1 };
    const late = runInCall(past, () => clientTo(url).call({ method: 'GET', path: '/' }));
    await expect(late).rejects.toMatchObject({ code: 'deadline_exceeded' });
    expect(seen.count).toBe(2);
  });

  it('does not eject an instance for a route that fails, but for one that is not there', async () => {
    const failing = await peer(() => ({ status: 500 }));
    const picker = createPicker('toy');
    const endpoint = (port: number) => ({ id: String(port), address: '127.0.0.1', port, meta: {} });
    picker.replace([endpoint(failing.port), endpoint(1)]);
    const client = createHttpClient({
      peer: 'toy',
      target: () => Promise.resolve(picker),
      metrics: createMetrics(),
      maxAttempts: 1,
    });
    closing.push(client.close);
    const codeOf = (call: Promise<unknown>) => call.catch((error: unknown) => ServiceError.from(error).code);
    // Time stands still: nobody ejected comes back.
    const clock = jest.spyOn(Date, 'now').mockReturnValue(Date.now());
    closing.push(() => {
      clock.mockRestore();
    });
    const outcomes: unknown[] = [];
    for (let n = 0; n < 60; n += 1) outcomes.push(await codeOf(client.call({ method: 'GET', path: '/' })));
    expect(outcomes.filter((code) => code === 'unavailable')).toHaveLength(5);
    expect(new Set(outcomes.slice(-20))).toEqual(new Set(['internal']));
  });
});

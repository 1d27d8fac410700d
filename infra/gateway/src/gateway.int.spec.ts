import { createServer, type IncomingMessage, type RequestListener } from 'node:http';
import { once } from 'node:events';
import { connect, type AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { openGround, type Ground } from './testing/ground.js';

const traceId = '0af7651916cd43dd8448eb211c80319c';

let ground: Ground;

beforeEach(async () => {
  ground = await openGround();
});

afterEach(() => ground.close());

const at = (...ports: number[]): void => {
  ground.at(...ports);
};
const upstream = (answer: RequestListener): Promise<number> => ground.upstream(answer);

async function closedPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request) text += String(chunk);
  return text;
}

describe('the gateway', () => {
  it('passes method, path, query, body and answer through', async () => {
    at(
      await upstream(async (request, response) => {
        const body = await bodyOf(request);
        response.writeHead(201, {
          'content-type': 'application/json',
          location: '/api/orders/1',
          etag: 'W/"3"',
        });
        response.end(JSON.stringify([request.method, request.url, request.headers['content-type'], body]));
      }),
    );
    const answer = await fetch(`${ground.url}/api/orders/a%20b?x=1&y=%2F`, {
      method: 'POST',
      headers: { 'content-type': 'application/json; charset=utf-8' },
      body: '{"a": 1}',
    });
    expect(answer.status).toBe(201);
    expect(answer.headers.get('location')).toBe('/api/orders/1');
    expect(answer.headers.get('etag')).toBe('W/"3"');
    await expect(answer.json()).resolves.toEqual([
      'POST',
      '/api/orders/a%20b?x=1&y=%2F',
      'application/json; charset=utf-8',
      '{"a": 1}',
    ]);
  });

  it('strips claims of identity, keeps the trace and tells the remaining time', async () => {
    at(await upstream((request, response) => response.end(JSON.stringify(request.headers))));
    const answer = await fetch(`${ground.url}/api/orders`, {
      headers: {
        'X-User-Id': 'admin',
        'x-service-name': 'payment',
        'x-forwarded-for': '1.2.3.4',
        'x-forwarded-user': 'admin',
        forwarded: 'for=1.2.3.4',
        'x-real-ip': '1.2.3.4',
        authorization: 'Bearer t',
        traceparent: `00-${traceId}-b7ad6b7169203331-01`,
        'x-request-deadline-ms': '5000',
      },
    });
    const seen = (await answer.json()) as Record<string, string>;
    expect(
      Object.keys(seen).filter((name) => /^x-(user|service|real)|^forwarded$|x-forwarded-user/.test(name)),
    ).toEqual([]);
    expect(seen).toMatchObject({ authorization: 'Bearer t', 'x-forwarded-for': '127.0.0.1' });
    expect(seen['traceparent']).toBe(`00-${traceId}-b7ad6b7169203331-01`);
    expect(Number(seen['x-request-deadline-ms'])).toBeGreaterThan(4000);
    expect(Number(seen['x-request-deadline-ms'])).toBeLessThan(5000);
  });

  it('starts a trace where there is none', async () => {
    at(await upstream((request, response) => response.end(request.headers['traceparent'])));
    await expect((await fetch(`${ground.url}/api/orders`)).text()).resolves.toMatch(
      /^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/,
    );
  });

  it.each(['GET', 'POST with a key'])(
    'asks another instance when one cannot be reached: %s',
    async (kind) => {
      at(await closedPort(), await upstream((_request, response) => response.end('alive')));
      const keyed = { method: 'POST', body: '{}', headers: { 'idempotency-key': 'k' } };
      for (let round = 0; round < 8; round += 1) {
        const answer = await fetch(`${ground.url}/api/orders`, kind === 'GET' ? {} : keyed);
        await expect(answer.text()).resolves.toBe('alive');
      }
    },
  );

  it('asks the one instance that is left when the one asked has left meanwhile', async () => {
    const alive = await upstream((_request, response) => response.end('alive'));
    at(
      await upstream((request: IncomingMessage) => {
        at(alive);
        request.socket.destroy();
      }),
    );
    await expect((await fetch(`${ground.url}/api/orders`)).text()).resolves.toBe('alive');
  });

  it('never sends a POST without a key twice', async () => {
    let received = 0;
    const cut = (request: IncomingMessage): void => {
      received += 1;
      request.socket.destroy();
    };
    at(await upstream(cut), await upstream(cut));
    const answer = await fetch(`${ground.url}/api/orders`, { method: 'POST', body: '{}' });
    expect(answer.status).toBe(502);
    expect(received).toBe(1);
  });

  it.each([
    ['nothing there', 404, 'not_found', () => fetch(`${ground.url}/api/nothing`)],
    ['no instance', 503, 'unavailable', () => fetch(`${ground.url}/api/absent`)],
    [
      'unreachable',
      503,
      'unavailable',
      async () => (at(await closedPort()), fetch(`${ground.url}/api/orders`)),
    ],
    [
      'too slow',
      504,
      'deadline_exceeded',
      async () => (
        at(await upstream(() => undefined)),
        fetch(`${ground.url}/api/orders`, { headers: { 'x-request-deadline-ms': '100' } })
      ),
    ],
    [
      'too large',
      413,
      'payload_too_large',
      () => fetch(`${ground.url}/api/orders`, { method: 'POST', body: 'x'.repeat(256 * 1024 + 1) }),
    ],
  ])('answers with a problem: %s', async (_what, status, code, ask) => {
    const answer = await ask();
    expect(answer.status).toBe(status);
    expect(answer.headers.get('content-type')).toBe('application/problem+json');
    const problem = (await answer.json()) as Record<string, unknown>;
    expect(problem).toMatchObject({ status, code, traceId: expect.stringMatching(/^[0-9a-f]{32}$/) });
    expect(problem['retryable']).toBe(status >= 500);
    expect(answer.headers.has('retry-after')).toBe(status === 503);
  });

  it('streams events as they come', async () => {
    let finish = (): void => undefined;
    at(
      await upstream((_request, response) => {
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        response.write('data: 1\n\n');
        finish = () => response.end('data: 2\n\n');
      }),
    );
    const answer = await fetch(`${ground.url}/api/orders/1/events`);
    const reader = answer.body?.getReader();
    expect(Buffer.from((await reader?.read())?.value ?? []).toString()).toBe('data: 1\n\n');
    finish();
    expect(Buffer.from((await reader?.read())?.value ?? []).toString()).toBe('data: 2\n\n');
  });

  it('answers others while many streams of the same instance are open', async () => {
    await ground.reopen({ placesAtFirst: 32 });
    const streams = 128;
    let begun = 0;
    let allOpen = (): void => undefined;
    const opened = new Promise<void>((resolve) => (allOpen = resolve));
    at(
      await upstream((request, response) => {
        if (request.url !== '/api/orders/1/events') return void response.end('alive');
        response.writeHead(200, { 'content-type': 'text/event-stream' }).write('data: 1\n\n');
        if (++begun === streams) allOpen();
      }),
    );
    const over = new AbortController();
    for (let n = 0; n < streams; n += 1)
      fetch(`${ground.url}/api/orders/1/events`, { signal: over.signal }).catch(() => undefined);
    await opened;
    const answer = await fetch(`${ground.url}/api/orders/1`, { signal: AbortSignal.timeout(15_000) });
    over.abort();
    expect(answer.status).toBe(200);
  });

  it('refuses everything but the question for its health while its event loop is far behind', async () => {
    at(await upstream((_request, response) => response.end('done')));
    expect((await fetch(`${ground.url}/api/orders`)).status).toBe(200);
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1500);
    const [refused, health] = await Promise.all([
      fetch(`${ground.url}/api/orders`),
      fetch(`${ground.url}/gateway/health`),
    ]);
    expect([refused.status, refused.headers.get('retry-after'), health.status]).toEqual([503, '1', 200]);
    let status = 503;
    while (status === 503) ({ status } = await fetch(`${ground.url}/api/orders`));
    expect(status).toBe(200);
  });

  it('passes the answer of a service on as it is, a 503 too', async () => {
    let asked = 0;
    at(
      await upstream((_request, response) => {
        asked += 1;
        response.writeHead(503, { 'retry-after': '7' }).end('busy');
      }),
    );
    const answer = await fetch(`${ground.url}/api/orders`);
    expect([answer.status, answer.headers.get('retry-after'), asked]).toEqual([503, '7', 1]);
  });

  it('says 429 with Retry-After above the limit, and still tells its health', async () => {
    // Six at once, and three more each second.
    await ground.reopen({ rateLimit: 1 / 100 });
    at(await upstream((_request, response) => response.end()));
    let served = 0;
    let refused = await fetch(`${ground.url}/api/orders`);
    for (; refused.status !== 429; refused = await fetch(`${ground.url}/api/orders`)) {
      expect(refused.status).toBe(200);
      await refused.text();
      served += 1;
    }
    expect(served).toBeGreaterThanOrEqual(6);
    expect(refused.headers.get('retry-after')).toBe('1');
    await expect(refused.json()).resolves.toMatchObject({ code: 'too_many_requests', retryable: true });
    expect((await fetch(`${ground.url}/gateway/health`)).status).toBe(200);
  });

  it.each([
    'GET /api/orders HTTP/1.1\r\nhost: x\r\n',
    'POST /api/orders HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n\r\n{',
  ])('gives up a request that does not come to its end: %j', async (begun) => {
    await ground.reopen({ receiveWithinMs: 500 });
    at(await upstream((_request, response) => response.end('done')));
    const socket = connect(ground.port, '127.0.0.1').setEncoding('utf8');
    let answer = '';
    socket.on('data', (text) => (answer += String(text))).write(begun);
    await once(socket, 'close', { signal: AbortSignal.timeout(10_000) });
    expect(answer).toMatch(/^HTTP\/1.1 400 .*did not come in full in time/s);
    expect((await fetch(`${ground.url}/api/orders`)).status).toBe(200);
  });

  it('refuses a connection too many, and only that', async () => {
    await ground.reopen({ rateLimit: 2 / 300 });
    at(await upstream((_request, response) => response.end('fine')));
    const sockets = [0, 1, 2].map(() => connect(ground.port, '127.0.0.1'));
    const [first, , third] = sockets;
    await Promise.all(sockets.map((socket) => once(socket, 'connect')));
    const ask = async (socket: typeof first): Promise<string> => {
      socket?.write('GET /api/orders HTTP/1.1\r\nhost: x\r\n\r\n');
      return String((await once(socket ?? fail(), 'data'))[0]);
    };
    expect(await ask(third)).toContain('429');
    expect(await ask(first)).toContain('200');
    for (const socket of sockets) socket.destroy();
  });
});

function fail(): never {
  throw new Error('no socket');
}

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { once } from 'node:events';
import { connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createPicker, type Directory, type Picker } from '@souk/comms/discovery';
import { ServiceError } from '@souk/comms/errors';
import type { FastifyInstance } from 'fastify';
import { createGateway } from './gateway.js';
import { createRouteTable } from './routes.js';

const traceId = '0af7651916cd43dd8448eb211c80319c';

let gateway: FastifyInstance;
let url: string;
let upstreams: Server[];
let orders: Picker;
let products: Picker;

beforeEach(async () => {
  upstreams = [];
  orders = createPicker('order');
  products = createPicker('product');
  await open(1);
});

afterEach(async () => {
  await gateway.close();
  for (const server of upstreams) {
    server.closeAllConnections();
    server.close();
  }
});

async function open(
  rateLimit: number,
  options: { receiveWithinMs?: number; placesAtFirst?: number } = {},
): Promise<void> {
  const directory: Directory = {
    lookup: (name) => {
      const picker = { order: orders, product: products }[name];
      if (!picker) throw new ServiceError('unavailable', `No instance of ${name} is there.`);
      return Promise.resolve(picker);
    },
    close: () => Promise.resolve(),
  };
  const routes = [
    { route: '/api/orders', service: 'order' },
    { route: '/api/products', service: 'product' },
    { route: '/api/absent', service: 'absent' },
  ];
  gateway = await createGateway({ serviceOf: createRouteTable(routes), directory, rateLimit, ...options });
  url = await gateway.listen({ host: '127.0.0.1', port: 0 });
}

async function upstream(answer: Parameters<typeof createServer>[1]): Promise<number> {
  const server = createServer(answer as never).listen(0, '127.0.0.1');
  upstreams.push(server);
  await once(server, 'listening');
  const address = server.address();
  return typeof address === 'object' && address ? address.port : 0;
}

const at = (...ports: number[]): void => {
  orders.replace(
    ports.map((port, index) => ({ id: `order-${index}`, address: '127.0.0.1', port, meta: {} })),
  );
};

async function closedPort(): Promise<number> {
  const port = await upstream((_request, response) => response.end());
  const server = upstreams.pop();
  server?.close();
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
    const answer = await fetch(`${url}/api/orders/a%20b?x=1&y=%2F`, {
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
    const answer = await fetch(`${url}/api/orders`, {
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
    await expect((await fetch(`${url}/api/orders`)).text()).resolves.toMatch(
      /^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/,
    );
  });

  it.each(['GET', 'POST with a key'])(
    'asks another instance when one cannot be reached: %s',
    async (kind) => {
      at(await closedPort(), await upstream((_request, response) => response.end('alive')));
      const keyed = { method: 'POST', body: '{}', headers: { 'idempotency-key': 'k' } };
      for (let round = 0; round < 8; round += 1) {
        const answer = await fetch(`${url}/api/orders`, kind === 'GET' ? {} : keyed);
        await expect(answer.text()).resolves.toBe('alive');
      }
    },
  );

  it('asks the one instance that is left when the one asked has left meanwhile', async () => {
    const alive = await upstream((_request, response) => response.end('alive'));
    at(
      await upstream((request: IncomingMessage) => {
        orders.replace([{ id: 'order-9', address: '127.0.0.1', port: alive, meta: {} }]);
        request.socket.destroy();
      }),
    );
    await expect((await fetch(`${url}/api/orders`)).text()).resolves.toBe('alive');
  });

  it('never sends a POST without a key twice', async () => {
    let received = 0;
    const cut = (request: IncomingMessage): void => {
      received += 1;
      request.socket.destroy();
    };
    at(await upstream(cut), await upstream(cut));
    const answer = await fetch(`${url}/api/orders`, { method: 'POST', body: '{}' });
    expect(answer.status).toBe(502);
    expect(received).toBe(1);
  });

  it.each([
    ['nothing there', 404, 'not_found', () => fetch(`${url}/api/nothing`)],
    ['no instance', 503, 'unavailable', () => fetch(`${url}/api/absent`)],
    ['unreachable', 503, 'unavailable', async () => (at(await closedPort()), fetch(`${url}/api/orders`))],
    [
      'too slow',
      504,
      'deadline_exceeded',
      async () => (
        at(await upstream(() => undefined)),
        fetch(`${url}/api/orders`, { headers: { 'x-request-deadline-ms': '100' } })
      ),
    ],
    [
      'too large',
      413,
      'payload_too_large',
      () => fetch(`${url}/api/orders`, { method: 'POST', body: 'x'.repeat(256 * 1024 + 1) }),
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
    const answer = await fetch(`${url}/api/orders/1/events`);
    const reader = answer.body?.getReader();
    expect(Buffer.from((await reader?.read())?.value ?? []).toString()).toBe('data: 1\n\n');
    finish();
    expect(Buffer.from((await reader?.read())?.value ?? []).toString()).toBe('data: 2\n\n');
  });

  it('answers others while many streams of the same instance are open', async () => {
    await gateway.close();
    await open(1, { placesAtFirst: 32 });
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
      fetch(`${url}/api/orders/1/events`, { signal: over.signal }).catch(() => undefined);
    await opened;
    const answer = await fetch(`${url}/api/orders/1`, { signal: AbortSignal.timeout(15_000) });
    over.abort();
    expect(answer.status).toBe(200);
  });

  describe('when a service is asked for more than it has shown to do at once', () => {
    const places = 32;
    let held: ServerResponse[];
    let isSlow: boolean;
    let allHeld: Promise<void>;
    const answerAll = (): void => {
      isSlow = false;
      for (const response of held.splice(0)) response.end('done');
    };
    /** @returns the statuses; 0 for one that its caller did not wait for */
    const fill = (signal?: AbortSignal): Promise<number[]> => {
      const ask = () =>
        fetch(`${url}/api/orders`, { signal: signal ?? null }).then(
          ({ status }) => status,
          () => 0,
        );
      return Promise.all(Array.from({ length: places }, ask));
    };

    beforeEach(async () => {
      await gateway.close();
      await open(1, { placesAtFirst: places });
      held = [];
      isSlow = true;
      let whenAllHeld = (): void => undefined;
      allHeld = new Promise((resolve) => (whenAllHeld = resolve));
      at(
        await upstream((_request, response) => {
          if (!isSlow) return void response.end('done');
          held.push(response);
          if (held.length === places) whenAllHeld();
        }),
      );
    });

    it('refuses the rest at once, passes nothing of it on, and serves other services', async () => {
      const port = await upstream((_request, response) => response.end('a product'));
      products.replace([{ id: 'product-1', address: '127.0.0.1', port, meta: {} }]);
      const asked = fill();
      await allHeld;
      const refused = await fetch(`${url}/api/orders`, { method: 'POST', body: '{}' });
      expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '1']);
      await expect(refused.json()).resolves.toMatchObject({ code: 'unavailable', retryable: true });
      expect(held).toHaveLength(places);
      await expect((await fetch(`${url}/api/products`)).text()).resolves.toBe('a product');
      answerAll();
      expect(new Set(await asked)).toEqual(new Set([200]));
      expect((await fetch(`${url}/api/orders`)).status).toBe(200);
    });

    it('keeps the place of what is worked on though its caller has gone', async () => {
      const gone = new AbortController();
      const asked = fill(gone.signal);
      await allHeld;
      gone.abort();
      expect(new Set(await asked)).toEqual(new Set([0]));
      expect((await fetch(`${url}/api/orders`)).status).toBe(503);
      answerAll();
      let status = 503;
      while (status === 503) ({ status } = await fetch(`${url}/api/orders`));
      expect(status).toBe(200);
    });

    it('gives back the place of what never came in full', async () => {
      isSlow = false;
      for (let n = 0; n < places + 5; n += 1) {
        const socket = connect(Number(new URL(url).port), '127.0.0.1');
        await once(socket, 'connect');
        socket.end('POST /api/orders HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\n{');
        socket.resume();
        await once(socket, 'close');
      }
      expect((await fetch(`${url}/api/orders`)).status).toBe(200);
    });
  });

  it('refuses everything but the question for its health while its event loop is far behind', async () => {
    at(await upstream((_request, response) => response.end('done')));
    expect((await fetch(`${url}/api/orders`)).status).toBe(200);
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1500);
    const [refused, health] = await Promise.all([fetch(`${url}/api/orders`), fetch(`${url}/gateway/health`)]);
    expect([refused.status, refused.headers.get('retry-after'), health.status]).toEqual([503, '1', 200]);
    let status = 503;
    while (status === 503) ({ status } = await fetch(`${url}/api/orders`));
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
    const answer = await fetch(`${url}/api/orders`);
    expect([answer.status, answer.headers.get('retry-after'), asked]).toEqual([503, '7', 1]);
  });

  it('says 429 with Retry-After above the limit, and still tells its health', async () => {
    await gateway.close();
    await open(1 / 100);
    at(await upstream((_request, response) => response.end()));
    const statuses = [];
    for (let round = 0; round < 7; round += 1) {
      const answer = await fetch(`${url}/api/orders`);
      await answer.text();
      statuses.push(answer.status);
    }
    expect(statuses).toEqual([200, 200, 200, 200, 200, 200, 429]);
    const refused = await fetch(`${url}/api/orders`);
    expect(refused.headers.get('retry-after')).toBe('1');
    await expect(refused.json()).resolves.toMatchObject({ code: 'too_many_requests', retryable: true });
    expect((await fetch(`${url}/gateway/health`)).status).toBe(200);
  });

  it.each([
    'GET /api/orders HTTP/1.1\r\nhost: x\r\n',
    'POST /api/orders HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n\r\n{',
  ])('gives up a request that does not come to its end: %j', async (begun) => {
    await gateway.close();
    await open(1, { receiveWithinMs: 500 });
    at(await upstream((_request, response) => response.end('done')));
    const socket = connect(Number(new URL(url).port), '127.0.0.1').setEncoding('utf8');
    let answer = '';
    socket.on('data', (text) => (answer += String(text))).write(begun);
    await once(socket, 'close', { signal: AbortSignal.timeout(10_000) });
    expect(answer).toMatch(/^HTTP\/1.1 400 .*did not come in full in time/s);
    expect((await fetch(`${url}/api/orders`)).status).toBe(200);
  });

  it('refuses a connection too many, and only that', async () => {
    await gateway.close();
    await open(2 / 300);
    at(await upstream((_request, response) => response.end('fine')));
    const sockets = [0, 1, 2].map(() => connect(Number(new URL(url).port), '127.0.0.1'));
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

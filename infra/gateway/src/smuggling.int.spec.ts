import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import { once } from 'node:events';
import { connect, type AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { createPicker } from '@souk/comms/discovery';
import type { FastifyInstance } from 'fastify';
import { createGateway } from './gateway.js';
import { createRouteTable } from './routes.js';

interface Arrived {
  readonly target: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

const arrived: Arrived[] = [];
let service: Server;
let gateway: FastifyInstance;
let port: number;

beforeAll(async () => {
  service = createServer((request, response) => {
    void text(request).then((body) => {
      arrived.push({
        target: `${request.method ?? ''} ${request.url ?? ''}`,
        headers: request.headers,
        body,
      });
      response.end('answered');
    });
  }).listen(0, '127.0.0.1');
  await once(service, 'listening');
  const picker = createPicker('order');
  const at = (service.address() as AddressInfo).port;
  picker.replace([{ id: 'order-1', address: '127.0.0.1', port: at, meta: {} }]);
  gateway = await createGateway({
    serviceOf: createRouteTable([{ route: '/api/orders', service: 'order' }]),
    directory: { lookup: () => Promise.resolve(picker), close: () => Promise.resolve() },
    rateLimit: 1,
  });
  port = Number(new URL(await gateway.listen({ host: '127.0.0.1', port: 0 })).port);
});

afterAll(async () => {
  await gateway.close();
  service.closeAllConnections();
  service.close();
});

beforeEach(() => {
  arrived.length = 0;
});

/** Everything that comes back until the gateway closes the connection, which it has to. */
async function exchange(bytes: string): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  socket.setTimeout(20_000, () => socket.destroy(new Error('The gateway keeps the connection open.')));
  socket.write(Buffer.from(bytes, 'latin1'));
  return text(socket);
}

const request = (line: string, headers: readonly string[], body = ''): string =>
  [`${line} HTTP/1.1`, 'Host: souk', ...headers, 'Connection: close', '', body].join('\r\n');
const post = (headers: readonly string[], body = ''): string => request('POST /api/orders', headers, body);
const statusesIn = (answer: string): number[] =>
  [...answer.matchAll(/HTTP\/1\.1 (\d{3})/g)].map(([, status]) => Number(status));

const second = 'GET /api/orders/smuggled HTTP/1.1\r\nHost: souk\r\n\r\n';
const noChunks = `0\r\n\r\n${second}`;
const chunked = 'Transfer-Encoding: chunked';

describe('a request of two meanings', () => {
  it.each([
    ['a length and chunks', post([`Content-Length: ${String(noChunks.length)}`, chunked], noChunks)],
    ['chunks and a length', post([chunked, 'Content-Length: 4'], noChunks)],
    ['an unknown encoding', post(['Transfer-Encoding: xchunked'], noChunks)],
    ['the encoding identity', post(['Transfer-Encoding: identity'], noChunks)],
    ['chunks before identity', post(['Transfer-Encoding: chunked, identity'], noChunks)],
    ['an encoding below its chunks', post(['Transfer-Encoding: gzip, chunked'], '0\r\n\r\n')],
    ['two encodings', post([chunked, 'Transfer-Encoding: identity'], noChunks)],
    ['chunks twice', post([chunked, chunked], noChunks)],
    ['chunks after a vertical tab', post(['Transfer-Encoding: \x0bchunked'], noChunks)],
    ['chunks in quotes', post(['Transfer-Encoding: "chunked"'], noChunks)],
    ['chunks on a folded line', post(['Transfer-Encoding:', ' chunked'], noChunks)],
    ['chunks folded into another header', post(['X-Note: a', ` ${chunked}`], noChunks)],
    ['a space before the colon', post(['Transfer-Encoding : chunked'], noChunks)],
    ['a space before the colon of the length', post(['Content-Length : 1'], 'a')],
    ['two lengths', post(['Content-Length: 1', 'Content-Length: 2'], 'ab')],
    ['one length twice', post(['Content-Length: 1', 'Content-Length: 1'], 'a')],
    ['a list of lengths', post(['Content-Length: 1, 1'], 'a')],
    ['a signed length', post(['Content-Length: +1'], 'a')],
    ['a negative length', post(['Content-Length: -1'], 'a')],
    ['a length in hex', post(['Content-Length: 0x1'], 'a')],
    ['a length beyond numbers', post(['Content-Length: 99999999999999999999'], 'a')],
    ['lines that end in LF', `GET /api/orders HTTP/1.1\nHost: souk\n\n`],
    ['a header line that ends in LF', post(['X-Note: a\nX-User-Id: admin'])],
    ['a header line that ends in CR', post(['X-Note: a\rX-User-Id: admin'])],
    ['a chunk that ends in LF', post([chunked], '1\na\r\n0\r\n\r\n')],
    ['LF in a chunk extension', post([chunked], '1;a\nb\r\na\r\n0\r\n\r\n')],
    ['a negative chunk', post([chunked], '-1\r\na\r\n0\r\n\r\n')],
    ['a chunk beyond numbers', post([chunked], '10000000000000001\r\na\r\n0\r\n\r\n')],
    ['a chunk longer than it says', post([chunked], '1\r\naXX0\r\n\r\n')],
    ['NUL in a header', post(['X-Note: a\x00b'])],
    ['NUL in the name of a header', post(['X-Note\x00: a'])],
    ['a header without a name', post([': a'])],
    ['two hosts', post(['Host: other'])],
    ['a space before the method', ` ${post([])}`],
    ['a space in the path', request('GET /api/orders x', [])],
    ['a tab in the path', request('GET /api/orders/.\t./metrics', [])],
    ['another protocol', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
    ['a TLS greeting', '\x16\x03\x01\x02\x00\x01\r\n\r\n'],
  ])('is refused with a problem and reaches no service: %s', async (_what, bytes) => {
    const answer = await exchange(bytes);
    expect(statusesIn(answer)).toEqual([400]);
    const [head = '', body = ''] = answer.split('\r\n\r\n');
    expect(head.toLowerCase()).toContain('content-type: application/problem+json');
    expect(JSON.parse(body)).toMatchObject({ code: 'invalid_argument', errors: [] });
    expect(arrived).toEqual([]);
  });

  it('is refused with 431 when its headers are too large', async () => {
    const answer = await exchange(post([`X-Note: ${'a'.repeat(20_000)}`]));
    expect(statusesIn(answer)).toEqual([431]);
    expect(answer).toContain('"code":"headers_too_large"');
    expect(arrived).toEqual([]);
  });

  it('stays a body when a body is what it is in', async () => {
    const length = `Content-Length: ${String(second.length)}`;
    const asChunk = `${second.length.toString(16)}\r\n${second}\r\n0\r\n\r\n`;
    for (const bytes of [post([length], second), post([chunked], asChunk)])
      expect(statusesIn(await exchange(bytes))).toEqual([200]);
    expect(statusesIn(await exchange(request('GET /api/orders', [length], second)))).toEqual([200]);
    expect(arrived.map(({ target, body }) => [target, body])).toEqual([
      ['POST /api/orders', second],
      ['POST /api/orders', second],
      ['GET /api/orders', ''],
    ]);
  });
});

describe('a path of two meanings', () => {
  it.each([
    'http://elsewhere/api/orders',
    'http://souk/api/orders',
    '//elsewhere/api/orders',
    '*',
    '/api/orders/../metrics',
    '/api/orders/%2e%2e/metrics',
    '/api/orders%2f..%2fmetrics',
    '/api/orders/x\\..\\..\\..\\metrics',
    '/api/orders/x\\%2e%2e\\..\\..\\health/ready',
    '/metrics;/../api/orders',
    '/metrics#/api/orders',
  ])('leads nowhere: %s', async (path) => {
    const [status] = statusesIn(await exchange(request(`GET ${path}`, [])));
    expect([400, 404]).toContain(status);
    expect(arrived).toEqual([]);
  });

  it('opens no tunnel', async () => {
    await exchange('CONNECT elsewhere:80 HTTP/1.1\r\nHost: elsewhere:80\r\n\r\n');
    expect(arrived).toEqual([]);
  });
});

describe('a header of the connection', () => {
  it.each([
    ['Keep-Alive: timeout=5'],
    ['Upgrade: h2c', 'HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA'],
    ['Expect: 100-continue'],
    ['TE: trailers', 'Trailer: X-User-Id'],
    ['Proxy-Connection: keep-alive', 'Proxy-Authorization: Basic YTpi'],
  ])('ends at the gateway, and costs no instance its good name: %s', async (...headers) => {
    for (let round = 0; round < 6; round += 1)
      expect(await exchange(post(['Content-Length: 1', ...headers], 'a'))).toContain('answered');
    const names = headers.map((header) => header.split(':', 1)[0]?.toLowerCase() ?? '');
    for (const { headers: seen } of arrived) for (const name of names) expect(seen).not.toHaveProperty(name);
    expect(arrived).toHaveLength(6);
  });

  it('of a service ends there too', async () => {
    expect((await exchange(post([]))).toLowerCase()).not.toContain('keep-alive');
  });

  it('takes nothing of ours away', async () => {
    const names = 'Connection: close, traceparent, x-forwarded-for, authorization';
    await exchange(post(['Authorization: Bearer t']).replace('Connection: close', names));
    expect(arrived[0]?.headers).toMatchObject({
      traceparent: expect.stringMatching(/^00-/),
      'x-forwarded-for': '127.0.0.1',
    });
    expect(arrived[0]?.headers).not.toHaveProperty('authorization');
  });
});

describe('a header about who sends', () => {
  it('is not passed on: in other spellings, twice, or behind the body', async () => {
    const claims = ['X-User-Id: admin', 'x-uSeR-rOles: admin', 'X_User_Id: admin', 'X-Forwarded-User: admin'];
    const origins = ['X-Forwarded-For: 1.2.3.4', 'X-Forwarded-For: 5.6.7.8', 'Forwarded: for=1.2.3.4'];
    const trailer = '1\r\na\r\n0\r\nX-User-Id: admin\r\nAuthorization: Bearer t\r\n\r\n';
    await exchange(post([...claims, ...origins, chunked], trailer));
    const headers = arrived[0]?.headers ?? {};
    expect(Object.keys(headers).filter((name) => /user|forwarded$|authorization/.test(name))).toEqual([]);
    expect(headers['x-forwarded-for']).toBe('127.0.0.1');
  });

  it.each([
    ['nonsense', ['nonsense']],
    ['too long', ['a'.repeat(5000)]],
    ['all zero', [`00-${'0'.repeat(32)}-b7ad6b7169203331-01`]],
    ['there twice', [`00-${'a'.repeat(32)}-b7ad6b7169203331-01`, 'another']],
    ['in capitals', [`00-${'A'.repeat(32)}-b7ad6b7169203331-01`]],
  ])('is replaced where it is a trace that is %s', async (_what, values) => {
    await exchange(post(values.map((value) => `traceparent: ${value}`)));
    expect(arrived[0]?.headers['traceparent']).toMatch(/^00-(?!a{32})[0-9a-f]{32}-[0-9a-f]{16}-01$/);
  });
});

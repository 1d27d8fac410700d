import { randomUUID } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { call, exchange, expectStatus, openSystem, statusesIn } from '@souk/testkit';

const system = await openSystem();
const { url } = system;
const { host, protocol } = new URL(url);
const suite = protocol === 'http:' ? describe : describe.skip;

const newcomer = () => ({
  email: `${randomUUID()}@test.souk`,
  password: 'a long password',
  name: 'Smuggled',
});

/** A whole request that registers somebody. */
const registrationOf = (person: object): string => {
  const body = JSON.stringify(person);
  const head = [
    'POST /api/users HTTP/1.1',
    `Host: ${host}`,
    'Content-Type: application/json',
    `Content-Length: ${String(body.length)}`,
  ];
  return [...head, '', body].join('\r\n');
};

const outer = (headers: readonly string[], body: string, line = 'POST /api/sessions'): string =>
  [
    `${line} HTTP/1.1`,
    `Host: ${host}`,
    'Content-Type: application/json',
    ...headers,
    'Connection: close',
    '',
    body,
  ].join('\r\n');

const chunked = 'Transfer-Encoding: chunked';
const lengthOf = (body: string): string => `Content-Length: ${String(body.length)}`;

suite('a request inside another', () => {
  it.each<[string, (inner: string) => string]>([
    ['a length and chunks', (inner) => outer([lengthOf(`0\r\n\r\n${inner}`), chunked], `0\r\n\r\n${inner}`)],
    ['chunks and a short length', (inner) => outer([chunked, 'Content-Length: 4'], `0\r\n\r\n${inner}`)],
    ['two lengths', (inner) => outer(['Content-Length: 0', lengthOf(inner)], inner)],
    ['an unknown encoding', (inner) => outer(['Transfer-Encoding: xchunked', lengthOf(inner)], inner)],
    ['two encodings', (inner) => outer([chunked, 'Transfer-Encoding: identity'], `0\r\n\r\n${inner}`)],
    ['a vertical tab', (inner) => outer(['Transfer-Encoding: \x0bchunked', lengthOf(inner)], inner)],
    ['a space before the colon', (inner) => outer(['Transfer-Encoding : chunked', lengthOf(inner)], inner)],
    ['a header line that ends in CR', (inner) => outer([`X-Note: a\r${chunked}`], `0\r\n\r\n${inner}`)],
    ['NUL in a header', (inner) => outer(['X-Note: a\x00b', lengthOf(inner)], inner)],
    ['a length that is no number', (inner) => outer([`Content-Length: +${String(inner.length)}`], inner)],
    ['the body of a sign-in', (inner) => outer([lengthOf(inner)], inner)],
    ['a chunk of a sign-in', (inner) => outer([chunked], chunkOf(inner))],
    ['the body of a GET', (inner) => outer([lengthOf(inner)], inner, 'GET /api/users/me')],
    ['the body of a path that is none', (inner) => outer([lengthOf(inner)], inner, 'POST /nothing')],
  ])('is never read as one: %s', async (_what, bytesWith) => {
    const person = newcomer();
    const answers = await exchange(url, bytesWith(registrationOf(person)));
    expect(statusesIn(answers).filter((status) => status < 400)).toEqual([]);
    await expectStatus(201, call(url, 'POST /api/users', { body: person }));
  });
});

const chunkOf = (text: string): string => `${text.length.toString(16)}\r\n${text}\r\n0\r\n\r\n`;

suite('a path that leads elsewhere', () => {
  it.each([
    '/api/users/x\\..\\..\\..\\metrics',
    '/api/users/..%5c..%5c..%5cmetrics',
    '/api/users/../../metrics',
    '/api/users/%2e%2e/%2e%2e/metrics',
    '/api/users/..%2f..%2fmetrics',
    '/metrics;/../api/users',
    '/metrics#/../api/users',
    `http://${host}/metrics`,
    'http://elsewhere/metrics',
    '//metrics',
    '*',
  ])('shows nothing that services tell their operators: %s', async (path) => {
    const answers = await exchange(url, outer([], '', `GET ${path}`));
    expect(answers).not.toContain('process_cpu');
    expect(answers).not.toMatch(/^# (HELP|TYPE) /m);
    for (const status of statusesIn(answers)) expect([400, 401, 404]).toContain(status);
  });
});

suite('a header of another hop', () => {
  it.each(['Keep-Alive: timeout=5', 'Upgrade: h2c', 'TE: trailers', 'Proxy-Authorization: Basic YTpi'])(
    'harms nobody: %s',
    async (header) => {
      for (let round = 0; round < 6; round += 1)
        expect(statusesIn(await exchange(url, outer([header], '', 'GET /.well-known/jwks.json')))).toEqual([
          200,
        ]);
      await expectStatus(200, call(url, 'GET /.well-known/jwks.json'));
    },
  );
});

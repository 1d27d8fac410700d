import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { ServiceError } from '../errors/index.js';
import { createMetrics } from '../telemetry/index.js';
import { gate, until } from '../testing/until.js';
import { createHttpClient, type HttpClientOptions } from './index.js';

describe('a REST client', () => {
  const closing: (() => unknown)[] = [];

  afterEach(async () => {
    for (const close of closing.splice(0).reverse()) await close();
  });

  /** A peer that answers with this status once `after` is there. */
  const peer = async (status: number, after: Promise<void> = Promise.resolve()) => {
    const seen = { count: 0 };
    const server = createServer((_request, response) => {
      seen.count += 1;
      void after.then(() => response.writeHead(status).end('{}'));
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    closing.push(() => {
      server.closeAllConnections();
      server.close();
    });
    return { seen, url: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}` };
  };
  const connect = (target: string, options: Partial<HttpClientOptions> = {}) => {
    const client = createHttpClient({ peer: 'toy', target, metrics: createMetrics(), ...options });
    closing.push(client.close);
    return (method: 'GET' | 'POST', timeoutMs = 20_000) =>
      client.call({ method, path: '/', timeoutMs }).then(
        () => 'ok',
        (error: unknown) => ServiceError.from(error).code,
      );
  };

  it('repeats a tenth of its calls at most, and never one that may not run twice', async () => {
    const { seen, url } = await peer(503);
    const call = connect(url);
    for (let n = 0; n < 20; n += 1) expect(await call('POST')).toBe('unavailable');
    expect(seen.count).toBe(20);
    const gets = Array.from({ length: 300 }, () => call('GET'));
    expect(new Set(await Promise.all(gets))).toEqual(new Set(['unavailable']));
    expect(seen.count).toBeGreaterThan(330);
    expect(seen.count).toBeLessThanOrEqual(320 + 10 + 32 + 1);
  });

  it('has so many calls under way at once, lets as many wait, and refuses the rest', async () => {
    const held = gate();
    const { seen, url } = await peer(200, held.opened);
    const call = connect(url, { maxConcurrent: 4 });
    const calls = Array.from({ length: 12 }, () => call('GET'));
    expect(await Promise.all(calls.slice(8))).toEqual(Array.from({ length: 4 }, () => 'unavailable'));
    await until('four have come', () => seen.count === 4);
    held.open();
    expect(await Promise.all(calls.slice(0, 8))).toEqual(Array.from({ length: 8 }, () => 'ok'));
    expect(seen.count).toBe(8);
  });

  it('ends a call that waits for its place at its deadline, and never sends it', async () => {
    const held = gate();
    const { seen, url } = await peer(200, held.opened);
    const call = connect(url, { maxConcurrent: 1 });
    const first = call('GET');
    expect(await call('GET', 50)).toBe('deadline_exceeded');
    held.open();
    expect(await first).toBe('ok');
    expect(await call('GET')).toBe('ok');
    expect(seen.count).toBe(2);
  });
});

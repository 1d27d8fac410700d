import { request } from 'node:http';
import { afterEach, describe, expect, it } from '@jest/globals';
import { ServiceError } from '../errors/index.js';
import { createLimiter, type Limiter } from '../resilience/index.js';
import { createLogger, createMetrics } from '../telemetry/index.js';
import { gate, until } from '../testing/until.js';
import { addHealthRoutes, createHttpServer, type HttpServerOptions } from './index.js';

describe('a server that has enough to do', () => {
  const closing: (() => unknown)[] = [];

  afterEach(async () => {
    for (const close of closing.splice(0).reverse()) await close();
  });

  /** Ten places, of which `order` may fill nine. */
  const serve = async (options: Partial<HttpServerOptions> = {}) => {
    const limiter = createLimiter({ initial: 10, min: 10 });
    const held = gate();
    let begun = 0;
    const server = await createHttpServer({
      title: 'Toy',
      logger: createLogger({ service: 'toy', instance: 'toy', level: 'silent' }),
      metrics: createMetrics(),
      limiter,
      ...options,
    });
    server.get('/slow', { config: { access: 'public' } }, async () => {
      begun += 1;
      await held.opened;
      return { done: true };
    });
    server.get('/away', { config: { access: 'public' } }, () => {
      throw new ServiceError('unavailable', 'What it needs is away.');
    });
    server.get('/stream', { config: { access: 'public', streams: true } }, (_request, reply) => {
      reply.hijack();
      reply.raw.writeHead(200).flushHeaders();
    });
    server.get('/taken', { config: { access: 'public' } }, (_request, reply) => {
      reply.hijack();
      reply.raw.writeHead(200).end();
    });
    addHealthRoutes(server, { live: [], ready: [] });
    const url = await server.listen({ host: '127.0.0.1', port: 0 });
    closing.push(async () => {
      held.open();
      server.server.closeAllConnections();
      await server.close();
    });
    return { url, limiter, held, begun: () => begun };
  };

  it('refuses with 503, Retry-After and a problem, and answers health all the same', async () => {
    const { url, limiter, held, begun } = await serve();
    const slow = Array.from({ length: 9 }, () => fetch(`${url}/slow`));
    await until('nine have begun', () => begun() === 9);
    const refused = await fetch(`${url}/slow`);
    expect(refused.status).toBe(503);
    expect(refused.headers.get('retry-after')).toBe('1');
    expect(refused.headers.get('content-type')).toBe('application/problem+json');
    expect(await refused.json()).toMatchObject({ code: 'unavailable', status: 503, retryable: true });
    for (const path of ['/health/live', '/health/ready', '/metrics'])
      expect((await fetch(url + path)).status).toBe(200);
    held.open();
    for (const answer of slow) expect((await answer).status).toBe(200);
    expect(limiter.inFlight).toBe(0);
    expect((await fetch(`${url}/slow`)).status).toBe(200);
  });

  it('has more places for what matters more', async () => {
    const admitted = async (priority: 'payment' | 'order' | 'browse') => {
      const { url, begun } = await serve({ priority });
      const answers = Array.from({ length: 15 }, () => fetch(`${url}/slow`));
      let refused = 0;
      // Those that were admitted end with the server.
      for (const answer of answers)
        answer.then(({ status }) => (refused += status === 503 ? 1 : 0)).catch(() => undefined);
      await until('each has begun or was refused', () => begun() + refused === 15);
      return begun();
    };
    expect([await admitted('payment'), await admitted('order'), await admitted('browse')]).toEqual([
      10, 9, 8,
    ]);
  });

  it('keeps the place of work whose caller has gone, until it has ended', async () => {
    const { url, limiter, held, begun } = await serve();
    const call = request(`${url}/slow`).on('error', () => undefined);
    call.end();
    await until('it has begun', () => begun() === 1);
    call.destroy();
    await fetch(`${url}/health/live`);
    expect(limiter.inFlight).toBe(1);
    held.open();
    await until('its place is free', () => limiter.inFlight === 0);
  });

  it('gives back the place of work that outlives its deadline unheard', async () => {
    const { url, limiter, begun } = await serve();
    const call = request(`${url}/slow`, { headers: { 'x-request-deadline-ms': '300' } });
    call.on('error', () => undefined).end();
    await until('it has begun', () => begun() === 1);
    call.destroy();
    await until('its place is free', () => limiter.inFlight === 0);
  });

  it('learns nothing from what fails at once', async () => {
    const limiter = createLimiter();
    const learned: (number | undefined)[] = [];
    const release: Limiter['release'] = (kind, tookMs, wasInTime) => {
      learned.push(tookMs);
      limiter.release(kind, tookMs, wasInTime);
    };
    const { url } = await serve({ limiter: { ...limiter, release } });
    await fetch(`${url}/away`);
    expect((await fetch(`${url}/taken`)).status).toBe(200);
    await until('both have ended', () => learned.length === 2);
    expect(learned).toEqual([undefined, expect.any(Number)]);
  });

  it('counts no stream, and loses no place to an answer that its handler sends by itself', async () => {
    const { url, limiter } = await serve();
    const stream = await fetch(`${url}/stream`);
    expect(limiter.inFlight).toBe(0);
    for (let n = 0; n < 12; n += 1) expect((await fetch(`${url}/taken`)).status).toBe(200);
    await until('all places are free', () => limiter.inFlight === 0);
    await stream.body?.cancel();
  });
});

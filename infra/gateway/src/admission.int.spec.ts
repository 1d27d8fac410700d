import type { ServerResponse } from 'node:http';
import { once } from 'node:events';
import { connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { openGround, type Ground } from './testing/ground.js';

describe('when a service is asked for more than it has shown to do at once', () => {
  const places = 32;
  let ground: Ground;
  let held: ServerResponse[];
  let isSlow: boolean;
  let passedOn: number;
  let allHeld: Promise<void>;
  const answerAll = (): void => {
    isSlow = false;
    for (const response of held.splice(0)) response.end('done');
  };
  const ask = (allowedMs?: number, signal?: AbortSignal): Promise<number> =>
    fetch(`${ground.url}/api/orders`, {
      headers: allowedMs === undefined ? {} : { 'x-request-deadline-ms': String(allowedMs) },
      signal: signal ?? null,
    }).then(
      ({ status }) => status,
      () => 0,
    );
  const openProducts = async (): Promise<void> => {
    const port = await ground.upstream((_request, response) => response.end('a product'));
    ground.products.replace([{ id: 'product-1', address: '127.0.0.1', port, meta: {} }]);
  };
  const askProducts = async (): Promise<string> => (await fetch(`${ground.url}/api/products`)).text();
  /** @returns the statuses; 0 for one that its caller did not wait for */
  const fill = (signal?: AbortSignal): Promise<number[]> =>
    Promise.all(Array.from({ length: places }, () => ask(undefined, signal)));

  beforeEach(async () => {
    ground = await openGround({ rateLimit: 10, placesAtFirst: places });
    held = [];
    isSlow = true;
    passedOn = 0;
    let whenAllHeld = (): void => undefined;
    allHeld = new Promise((resolve) => (whenAllHeld = resolve));
    ground.at(
      await ground.upstream((_request, response) => {
        passedOn += 1;
        if (!isSlow) return void response.end('done');
        held.push(response);
        if (held.length === places) whenAllHeld();
      }),
    );
  });

  afterEach(() => ground.close());

  it('lets the rest wait for its turn, passes nothing of it on before, and serves other services', async () => {
    await openProducts();
    const asked = fill();
    await allHeld;
    const later = fill();
    await expect(askProducts()).resolves.toBe('a product');
    expect(held).toHaveLength(places);
    answerAll();
    expect(new Set([...(await asked), ...(await later)])).toEqual(new Set([200]));
  });

  it('refuses what waits when its time is over, and passes nothing of it on', async () => {
    const asked = fill();
    await allHeld;
    const refused = await fetch(`${ground.url}/api/orders`, {
      method: 'POST',
      headers: { 'x-request-deadline-ms': '1500' },
      body: '{}',
    });
    expect(refused.status).toBe(503);
    expect(refused.headers.get('retry-after')).toMatch(/^\d$/);
    await expect(refused.json()).resolves.toMatchObject({ code: 'unavailable', retryable: true });
    expect(held).toHaveLength(places);
    answerAll();
    expect(new Set(await asked)).toEqual(new Set([200]));
    expect(await ask(50)).toBe(200);
  });

  it('has the service work on nothing that would be answered too late', async () => {
    const workMs = 200;
    const patienceMs = 8 * workMs;
    let worked = 0;
    let atOnce = 0;
    let mostAtOnce = 0;
    ground.at(
      await ground.upstream((_request, response) => {
        worked += 1;
        mostAtOnce = Math.max(mostAtOnce, ++atOnce);
        setTimeout(() => {
          atOnce -= 1;
          response.end('done');
        }, workMs);
      }),
    );
    for (let round = 0; round < 3; round += 1) await fill();
    worked = 0;
    const statuses = await Promise.all(Array.from({ length: 10 * places }, () => ask(patienceMs)));
    const served = statuses.filter((status) => status === 200);
    expect(new Set(statuses)).toEqual(new Set([200, 503]));
    expect(served.length).toBe(worked);
    expect(served.length).toBeGreaterThan(places);
    expect(mostAtOnce).toBeLessThanOrEqual(2 * places);
  });

  it('asks a service for nobody who has left before their turn', async () => {
    await openProducts();
    const asked = fill();
    await allHeld;
    const gone = new AbortController();
    const left = ask(undefined, gone.signal);
    const stays = ask();
    // Whatever came before this has been looked at when it is answered.
    await askProducts();
    gone.abort();
    expect(await left).toBe(0);
    await askProducts();
    answerAll();
    expect(await stays).toBe(200);
    expect(new Set(await asked)).toEqual(new Set([200]));
    expect(passedOn).toBe(places + 1);
  });

  it('keeps the place of what is worked on though its caller has gone', async () => {
    const gone = new AbortController();
    const asked = fill(gone.signal);
    await allHeld;
    gone.abort();
    expect(new Set(await asked)).toEqual(new Set([0]));
    expect(await ask(50)).toBe(503);
    answerAll();
    expect(await ask()).toBe(200);
  });

  it('gives no place to what does not come in full', async () => {
    isSlow = false;
    const sockets = [];
    for (let n = 0; n < places + 5; n += 1) {
      const socket = connect(ground.port, '127.0.0.1');
      sockets.push(socket);
      await once(socket, 'connect');
      socket.write('POST /api/orders HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\n{');
      socket.resume();
    }
    expect(await ask(1000)).toBe(200);
    for (const socket of sockets) socket.destroy();
  });
});

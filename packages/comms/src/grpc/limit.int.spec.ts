import { afterEach, describe, expect, it } from '@jest/globals';
import { ServiceError } from '../errors/index.js';
import { createLimiter, type Priority } from '../resilience/index.js';
import { serveToy, toyClient, toyPicker } from '../testing/toy-lane.js';
import { gate, until } from '../testing/until.js';

describe.each([true, false])('a gRPC server that has enough to do (on a lane: %s)', (lane) => {
  const closing: (() => Promise<void> | void)[] = [];

  afterEach(async () => {
    for (const close of closing.splice(0).reverse()) await close();
  });

  /** Ten places; its work waits until it is let go. */
  const serve = async () => {
    const limiter = createLimiter({ initial: 10, min: 10 });
    const held = gate();
    let begun = 0;
    const { server, port } = await serveToy(
      async (text) => {
        begun += 1;
        await held.opened;
        return text;
      },
      { limiter },
    );
    closing.push(() => server.close(100), held.open);
    const connect = (priority: Priority) => {
      const client = toyClient(toyPicker(port), { lane, priority });
      closing.push(client.close);
      return client.methods;
    };
    return { limiter, held, connect, begun: () => begun };
  };
  const codeOf = (call: Promise<unknown>) =>
    call.then(
      () => 'ok',
      (error: unknown) => {
        const { code, retryAfterSeconds } = ServiceError.from(error);
        return `${code} ${String(retryAfterSeconds)}`;
      },
    );

  it('refuses early, says when to come again, and has places for what matters more', async () => {
    const { limiter, held, connect, begun } = await serve();
    const calls: Promise<string>[] = [];
    const refused: string[] = [];
    const send = async (priority: Priority, count: number) => {
      const before = begun() + refused.length;
      const client = connect(priority);
      for (let n = 0; n < count; n += 1) {
        const call = codeOf(client.order({ text: '' }));
        calls.push(call);
        void call.then((code) => code === 'ok' || refused.push(code));
      }
      await until('each has begun or was refused', () => begun() + refused.length === before + count);
      return begun();
    };
    expect(await send('browse', 12)).toBe(8);
    expect(await send('order', 12)).toBe(9);
    expect(await send('payment', 12)).toBe(10);
    expect(await send('health', 1)).toBe(11);
    expect(new Set(refused)).toEqual(new Set(['too_many_requests 1']));
    held.open();
    expect((await Promise.all(calls)).filter((code) => code === 'ok')).toHaveLength(11);
    expect(limiter.inFlight).toBe(0);
  });

  it('keeps the place of work whose caller has gone, until it has ended', async () => {
    const { limiter, held, connect, begun } = await serve();
    const giveUp = new AbortController();
    const call = codeOf(connect('order').order({ text: '' }, { signal: giveUp.signal }));
    await until('it has begun', () => begun() === 1);
    giveUp.abort();
    expect(await call).toBe('cancelled undefined');
    expect(limiter.inFlight).toBe(1);
    held.open();
    await until('its place is free', () => limiter.inFlight === 0);
  });
});

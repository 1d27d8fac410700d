import { afterEach, describe, expect, it } from '@jest/globals';
import { createServiceVerifier } from '../../auth/index.js';
import { createLogger } from '../../telemetry/index.js';
import { askFrame, nameAsk, openRawLane } from '../../testing/raw-lane.js';
import { serveToy, toyBundle, toyTokens, type ToyWork } from '../../testing/toy-lane.js';
import { until } from '../../testing/until.js';
import type { GrpcServerOptions } from '../index.js';
import { creditFrame, frameKinds, frameOf, windowBytes } from './protocol.js';
import { failureOfBytes } from './texts.js';

const unauthenticated = 16;
const verify = createServiceVerifier('toy', toyBundle);

describe("a lane's server", () => {
  const closing: (() => Promise<void> | void)[] = [];

  afterEach(async () => {
    for (const close of closing.splice(0).reverse()) await close();
  });

  const serve = async (work: ToyWork, options: Partial<GrpcServerOptions> = {}) => {
    const toy = await serveToy(work, options);
    closing.push(() => toy.server.close(100));
    return toy;
  };
  const open = (port: number, token: string | undefined = toyTokens('order')('toy')) => {
    const lane = openRawLane(port, token);
    closing.push(lane.close);
    return lane;
  };
  const echo: ToyWork = (text) => Promise.resolve(text);
  /** As strict as the real one, but every token lapses soon. */
  const lapsingIn = (ms: number) => async (token: string) => ({
    ...(await verify(token)),
    expiresAtMs: Date.now() + ms,
  });

  it('never starts what is past its deadline', async () => {
    const started: string[] = [];
    const { port } = await serve((request) => {
      started.push(request.text);
      return Promise.resolve(request);
    });
    const lane = open(port);
    lane.send(nameAsk(), askFrame(1, 'late', 0), askFrame(2, 'in time'));
    await until('both are answered', () => lane.frames.length === 2);
    const late = lane.frames.find(({ call }) => call === 1);
    expect(late?.kind).toBe(frameKinds.failure);
    expect(failureOfBytes(late?.body ?? Buffer.alloc(0)).code).toBe('deadline_exceeded');
    expect(started).toEqual(['in time']);
  });

  it('sends of a large answer only what its reader has granted', async () => {
    const bytes = 3 * windowBytes;
    const { server, port } = await serve(() => Promise.resolve({ text: 'x'.repeat(bytes) }));
    const lane = open(port);
    const received = () =>
      lane.frames.reduce((sum, { call, body }) => sum + (call === 1 ? body.length : 0), 0);
    lane.send(nameAsk(), askFrame(1, ''));
    await until('the window is full', () => received() >= windowBytes);
    // Two more round trips: what were sent without a grant would be here by now.
    for (const number of [2, 3]) {
      lane.send(askFrame(number, '', 0));
      await until('it is answered', () => lane.frames.some(({ call }) => call === number));
    }
    expect(received()).toBe(windowBytes);
    lane.send(creditFrame(1, 100));
    await until('so much more has come', () => received() === windowBytes + 100);
    lane.send(creditFrame(1, bytes));
    await until('all has come', () => lane.frames.at(-1)?.kind === frameKinds.lastChunk);
    // A tag and three bytes of length stand before the text.
    expect(received()).toBe(bytes + 4);
    expect(server.lanes.bytes).toBe(0);
  });

  it('asks its clients to go elsewhere when it closes, and ends with their last call', async () => {
    let finish: () => void = () => undefined;
    const { server, port } = await serve(async (text) => {
      await new Promise<void>((resolve) => (finish = resolve));
      return text;
    });
    const lane = open(port);
    lane.send(nameAsk(), askFrame(1, 'slow'));
    await until('it has begun', () => server.lanes.calls === 1);
    const closed = server.close(10_000);
    await until('it was asked to go', () => lane.frames.some(({ kind }) => kind === frameKinds.goAway));
    lane.end();
    finish();
    expect(await lane.ended).toBe(0);
    expect(lane.frames.at(-1)).toMatchObject({ kind: frameKinds.answer, call: 1 });
    await closed;
  });

  it('opens to nobody without a token for it, says so once, and never says the token', async () => {
    const lines: string[] = [];
    const logger = createLogger({
      service: 'toy',
      instance: 'toy',
      level: 'info',
      stream: { write: (line: string) => void lines.push(line) },
    });
    const { server, port } = await serve(echo, { logger });
    const forAnother = toyTokens('order')('other');
    for (const token of [forAnother, forAnother, forAnother, 'x'.repeat(100), '']) {
      expect(await open(port, token).ended).toBe(unauthenticated);
    }
    expect(await openRawLane(port, undefined).ended).toBe(unauthenticated);
    expect(server.lanes.count).toBe(0);
    const stranger = open(port, toyTokens('stranger')('toy'));
    stranger.send(nameAsk(), askFrame(1, ''), askFrame(2, ''));
    await until('both are refused', () => stranger.frames.length === 2);
    for (const { body } of stranger.frames) expect(failureOfBytes(body).code).toBe('permission_denied');
    const refusals = lines.filter((line) => line.includes('call refused'));
    expect(refusals.filter((line) => line.includes('permission_denied'))).toHaveLength(1);
    expect(refusals.filter((line) => line.includes('unauthenticated')).length).toBeLessThanOrEqual(3);
    expect(lines.join('')).not.toContain(forAnother.split('.')[2]);
  });

  it('drops a lane whose token has lapsed, and the work on it', async () => {
    let isAborted = false;
    const { server, port } = await serve(
      (text, { signal }) =>
        new Promise((resolve) => {
          signal.addEventListener('abort', () => {
            isAborted = true;
            resolve(text);
          });
        }),
      { verifyService: lapsingIn(300) },
    );
    const lane = open(port);
    lane.send(nameAsk(), askFrame(1, ''));
    expect(await lane.ended).toBe(unauthenticated);
    expect(isAborted).toBe(true);
    expect(server.lanes.count).toBe(0);
  });

  it('keeps a lane whose token is renewed in time, by the same service alone', async () => {
    const { server, port } = await serve(echo, { verifyService: lapsingIn(600) });
    const lane = open(port);
    const renew = (name: string) => frameOf(frameKinds.token, 0, Buffer.from(toyTokens(name)('toy')));
    lane.send(nameAsk(), askFrame(1, ''));
    const endAt = Date.now() + 1500;
    while (Date.now() < endAt) {
      lane.send(renew('order'));
      const next = Date.now() + 200;
      await until('a while has passed', () => Date.now() >= next);
    }
    lane.send(askFrame(2, ''));
    await until('it still answers', () => lane.frames.length === 2);
    lane.send(renew('stranger'));
    expect(await lane.ended).toBe(unauthenticated);
    expect(server.lanes.count).toBe(0);
  });

  it('drops a lane that sends what is no frame', async () => {
    const { port } = await serve(echo);
    for (const bytes of ['00', '02000000010000000a00', '0200000001ffffffff']) {
      const lane = open(port);
      lane.send(Buffer.from(bytes, 'hex'));
      expect(await lane.ended).toBe(3);
    }
  });
});

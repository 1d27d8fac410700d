import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { Client, credentials, Metadata } from '@grpc/grpc-js';
import { afterEach, describe, expect, it } from '@jest/globals';
import { ServiceError } from '../../errors/index.js';
import { callFrom, runInCall } from '../../telemetry/index.js';
import { startTcpProxy } from '../../testing/tcp-proxy.js';
import {
  serveToy,
  toyClient,
  toyEndpoint,
  toyPicker,
  toyTokens,
  type ToyWork,
} from '../../testing/toy-lane.js';
import { gate, until } from '../../testing/until.js';
import type { GrpcClientOptions, GrpcServerOptions } from '../index.js';

const echo: ToyWork = (text) => Promise.resolve(text);

describe('calls on a lane', () => {
  const closing: (() => Promise<void> | void)[] = [];

  afterEach(async () => {
    for (const close of closing.splice(0).reverse()) await close();
  });

  const serve = async (work: ToyWork, options: Partial<GrpcServerOptions> & { port?: number } = {}) => {
    const toy = await serveToy(work, options);
    closing.push(() => toy.server.close(100));
    return toy;
  };
  const connect = (picker: ReturnType<typeof toyPicker>, options: Partial<GrpcClientOptions> = {}) => {
    const client = toyClient(picker, options);
    closing.push(client.close);
    return client;
  };
  const proxyTo = async (port: number) => {
    const proxy = await startTcpProxy(port);
    closing.push(proxy.close);
    return proxy;
  };
  const codeOf = (call: Promise<unknown>) =>
    call.then(
      () => 'ok',
      (error: unknown) => ServiceError.from(error).code,
    );
  /** Work that tells when it began, and ends when its caller has gone. */
  const held = () => {
    const [begun, aborted] = [gate(), gate()];
    const work: ToyWork = (text, { signal }) => {
      begun.open();
      return new Promise((resolve) => {
        signal.addEventListener('abort', () => {
          aborted.open();
          resolve(text);
        });
      });
    };
    return { begun, aborted, work };
  };

  it('share one stream, whichever method they are for', async () => {
    const { server, port } = await serve(echo);
    const { methods } = connect(toyPicker(port));
    const answers = await Promise.all(
      Array.from({ length: 200 }, (_, n) => (n % 2 ? methods.ask : methods.order)({ text: String(n) })),
    );
    expect(answers.map(({ text }) => text)).toEqual(Array.from({ length: 200 }, (_, n) => String(n)));
    expect(server.lanes).toEqual({ count: 1, calls: 0, bytes: 0 });
  });

  it('are cancelled by their caller, and the work is told', async () => {
    const { begun, aborted, work } = held();
    const { server, port } = await serve(work);
    const giveUp = new AbortController();
    const client = connect(toyPicker(port));
    const call = codeOf(client.methods.order({ text: '' }, { signal: giveUp.signal }));
    await begun.opened;
    giveUp.abort();
    expect(await call).toBe('cancelled');
    await aborted.opened;
    await until('the server has let go', () => server.lanes.calls === 0);
    expect(client.size).toEqual({ calls: 0, queued: 0 });
    const never = AbortSignal.abort();
    expect(await codeOf(client.methods.ask({ text: '' }, { signal: never }))).toBe('cancelled');
  });

  it('are cancelled by the end of their connection, and the work is told', async () => {
    const { begun, aborted, work } = held();
    const { port } = await serve(work);
    const proxy = await proxyTo(port);
    const call = codeOf(connect(toyPicker(proxy.port)).methods.order({ text: '' }));
    await begun.opened;
    proxy.drop();
    expect(await call).toBe('unavailable');
    await aborted.opened;
  });

  it('end at their deadline on both sides', async () => {
    const { aborted, work } = held();
    const { server, port } = await serve(work);
    const { methods } = connect(toyPicker(port));
    const call = runInCall(callFrom(undefined, 150), () => codeOf(methods.order({ text: '' })));
    expect(await call).toBe('deadline_exceeded');
    await aborted.opened;
    await until('the server has let go', () => server.lanes.calls === 0);
  });

  it('carry status, issues and Retry-After, texts to the server and trailers back', async () => {
    const issues = [{ path: '/näme', message: 'ünfit' }];
    const { server, port } = await serve(({ text }, call) => {
      call.setTrailer('seen', `${call.metadata['note'] ?? ''} of ${call.peer.service}`);
      if (text === 'fail')
        throw new ServiceError('out_of_stock', 'None left – sorry', { issues, retryAfterSeconds: 7 });
      return Promise.resolve({ text });
    });
    const { methods } = connect(toyPicker(port));
    let trailers: Readonly<Record<string, string>> = {};
    await methods.ask({ text: '' }, { metadata: { note: 'ü' }, onTrailers: (sent) => (trailers = sent) });
    expect(trailers).toEqual({ seen: 'ü of order' });
    await expect(methods.ask({ text: 'fail' })).rejects.toMatchObject({
      code: 'out_of_stock',
      message: 'None left – sorry',
      issues,
      retryAfterSeconds: 7,
    });
    expect(server.lanes.count).toBe(1);
  });

  it('keep to the sizes that a message may have', async () => {
    const { server, port } = await serve(({ text }) => Promise.resolve({ text: 'x'.repeat(Number(text)) }));
    const { methods } = connect(toyPicker(port));
    expect((await methods.ask({ text: '4000000' })).text).toHaveLength(4_000_000);
    expect(await codeOf(methods.ask({ text: '5000000' }))).toBe('payload_too_large');
    expect(await codeOf(methods.ask({ text: '0'.repeat(5_000_000) }))).toBe('payload_too_large');
    // Above what a lane takes, still a message: by itself.
    expect((await methods.ask({ text: '0'.repeat(1_000_000) + '7' })).text).toHaveLength(7);
    expect(server.lanes).toEqual({ count: 1, calls: 0, bytes: 0 });
  });

  it('pass by large answers', async () => {
    const { port } = await serve(({ text }) => Promise.resolve({ text: 'x'.repeat(Number(text)) }));
    const { methods } = connect(toyPicker(port));
    await methods.ask({ text: '1' });
    const order: string[] = [];
    const ask = async (text: string) => {
      await methods.ask({ text });
      order.push(text);
    };
    await Promise.all([...Array.from({ length: 8 }, () => ask('3000000')), ask('1'), ask('2')]);
    expect(order.slice(0, 2)).toEqual(['1', '2']);
  });

  it('are refused, not gathered, for a client that does not read', async () => {
    let runs = 0;
    const { server, port } = await serve(() => {
      runs += 1;
      return Promise.resolve({ text: 'x'.repeat(1_000_000) });
    });
    const proxy = await proxyTo(port);
    const client = connect(toyPicker(proxy.port), { timeoutMs: 60_000, lane: true });
    await client.methods.order({ text: '' });
    proxy.pause();
    const calls: Promise<string>[] = [];
    let most = 0;
    for (let batch = 0; batch < 15; batch += 1) {
      for (let n = 0; n < 10; n += 1) calls.push(codeOf(client.methods.order({ text: '' })));
      const seen = Math.min(runs, 1 + calls.length);
      await until('the batch is dealt with', () => runs >= seen || server.lanes.bytes > 0);
      await new Promise(setImmediate);
      most = Math.max(most, server.lanes.bytes);
    }
    await until('it holds what it holds', () => server.lanes.bytes > 32_000_000 || runs === 151);
    most = Math.max(most, server.lanes.bytes);
    expect(most).toBeLessThan(64_000_000);
    proxy.resume();
    const codes = await Promise.all(calls);
    expect(new Set(codes)).toEqual(new Set(['ok', 'too_many_requests']));
    expect(runs).toBeLessThan(100);
    expect(await codeOf(client.methods.order({ text: '' }))).toBe('ok');
    expect(server.lanes.bytes).toBe(0);
  });

  it('end on a lane whose server closes, while new ones go elsewhere', async () => {
    const [begun, opened] = [gate(), gate()];
    const leaving = await serve(async (text) => {
      begun.open();
      await opened.opened;
      return { text: `${text.text} on leaving` };
    });
    const staying = await serve(({ text }) => Promise.resolve({ text: `${text} on staying` }));
    const picker = toyPicker(leaving.port);
    const { methods } = connect(picker);
    const slow = methods.order({ text: 'slow' });
    await begun.opened;
    picker.replace([toyEndpoint(leaving.port), toyEndpoint(staying.port)]);
    const closed = leaving.server.close(10_000);
    for (let n = 0; n < 50; n += 1) expect((await methods.ask({ text: 'new' })).text).toBe('new on staying');
    opened.open();
    expect(await slow).toEqual({ text: 'slow on leaving' });
    await closed;
  });

  it('go on after the connection broke: lost are only those that may not run twice', async () => {
    const runs = new Map<string, number>();
    const gates = new Map(['ask', 'order'].map((name) => [name, gate()]));
    const { port } = await serve(async ({ text }) => {
      runs.set(text, (runs.get(text) ?? 0) + 1);
      if (runs.get(text) === 1) {
        gates.get(text)?.open();
        await new Promise((resolve) => setTimeout(resolve, 1000));
      }
      return { text };
    });
    const proxy = await proxyTo(port);
    const { methods } = connect(toyPicker(proxy.port), { timeoutMs: 20_000 });
    const asked = codeOf(methods.ask({ text: 'ask' }));
    const ordered = codeOf(methods.order({ text: 'order' }));
    await Promise.all([...gates.values()].map(({ opened }) => opened));
    proxy.drop();
    expect([await asked, await ordered]).toEqual(['ok', 'unavailable']);
    expect(Object.fromEntries(runs)).toEqual({ ask: 2, order: 1 });
    expect(await codeOf(methods.order({ text: 'after' }))).toBe('ok');
  });

  it('need no lane: a server without one is spoken to plainly, without losing a call', async () => {
    const { server, port } = await serve(echo, { lane: false });
    const { methods } = connect(toyPicker(port));
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, n) => methods.order({ text: String(n) })),
    );
    expect(answers).toHaveLength(50);
    expect(server.lanes.count).toBe(0);
  });

  it('need no lane: any other client is answered plainly', async () => {
    const { server, port } = await serve(echo);
    const client = new Client(`ipv4:127.0.0.1:${String(port)}`, credentials.createInsecure());
    closing.push(() => {
      client.close();
    });
    const metadata = new Metadata();
    metadata.set('authorization', `Bearer ${toyTokens('order')('toy')}`);
    const same = (bytes: Buffer) => bytes;
    const answer = await new Promise((resolve, reject) => {
      client.makeUnaryRequest(
        '/toy.v1.ToyService/Ask',
        same,
        same,
        Buffer.from([10, 1, 65]),
        metadata,
        (error, bytes) => {
          if (error) reject(error);
          else resolve(bytes);
        },
      );
    });
    expect(answer).toEqual(Buffer.from([10, 1, 65]));
    expect(server.lanes.count).toBe(0);
  });

  it('go elsewhere when a peer can be reached no more, and nobody says so', async () => {
    const { port } = await serve(echo);
    const taken = new Set<Socket>();
    const silent = createServer((socket) => taken.add(socket)).listen(0, '127.0.0.1');
    await once(silent, 'listening');
    closing.push(() => {
      for (const socket of taken) socket.destroy();
      silent.close();
    });
    const client = connect(toyPicker((silent.address() as AddressInfo).port, port), { timeoutMs: 20_000 });
    const startedAt = performance.now();
    const calls = Array.from({ length: 20 }, () => codeOf(client.methods.ask({ text: 'x' })));
    expect(new Set(await Promise.all(calls))).toEqual(new Set(['ok']));
    expect(performance.now() - startedAt).toBeLessThan(15_000);
  });
});

import { randomInt } from 'node:crypto';
import { afterEach, describe, expect, it } from '@jest/globals';
import { ServiceError } from '../../errors/index.js';
import { startTcpProxy } from '../../testing/tcp-proxy.js';
import { serveToy, toyClient, toyPicker } from '../../testing/toy-lane.js';
import { until } from '../../testing/until.js';

const steps = 10_000;
const mostAtOnce = 150;

/** Mulberry32: the same steps for the same seed. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

/** The last is of a reader that has left too many answers lying. */
const known = new Set([
  'ok',
  'conflict',
  'cancelled',
  'deadline_exceeded',
  'unavailable',
  'too_many_requests',
]);

describe('the lane under everything at once', () => {
  const closing: (() => Promise<void> | void)[] = [];

  afterEach(async () => {
    for (const close of closing.splice(0).reverse()) await close();
  });

  it('ends every call exactly once, runs none twice, and keeps nothing', async () => {
    const seed = Number(process.env['SEED'] ?? randomInt(2 ** 31));
    process.stderr.write(`lane property: SEED=${String(seed)}\n`);
    const random = randomFrom(seed);
    const below = (n: number) => Math.floor(random() * n);
    const runs = new Map<string, number>();
    const once = new Set<string>();
    const codes = new Map<string, number>();
    let aborted = 0;

    const { server, port } = await serveToy(async ({ text }, call) => {
      const [id = '', kind = '', size = '0'] = text.split(':');
      runs.set(id, (runs.get(id) ?? 0) + 1);
      if (kind === 'fail') throw new ServiceError('conflict', id);
      if (kind === 'slow') {
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, 5 + Number(size));
          call.signal.addEventListener('abort', () => {
            aborted += 1;
            clearTimeout(timer);
            resolve();
          });
        });
      } else if (kind === 'later') await new Promise(setImmediate);
      return { text: kind === 'large' ? `${id}:${'x'.repeat(Number(size))}` : id };
    });
    closing.push(() => server.close(1000));
    const proxy = await startTcpProxy(port);
    closing.push(proxy.close);
    const client = toyClient(toyPicker(proxy.port), { maxConcurrent: 1000 });
    closing.push(client.close);
    let ended = 0;
    let wrong = 0;
    let underWay = 0;

    const step = (n: number) => {
      const id = `call-${String(n).padStart(6, '0')}`;
      const kind = ['plain', 'plain', 'later', 'slow', 'fail', 'large'][below(6)] ?? 'plain';
      const size = kind === 'large' ? 1000 + below(below(10) === 0 ? 2_000_000 : 200_000) : below(40);
      const giveUp = new AbortController();
      if (below(5) === 0)
        setTimeout(() => {
          giveUp.abort();
        }, below(20)).unref();
      const timeoutMs = below(6) === 0 ? 1 + below(30) : 8000;
      const isRepeatable = below(2) === 0;
      if (!isRepeatable) once.add(id);
      const method = isRepeatable ? client.methods.ask : client.methods.order;
      underWay += 1;
      const note = (code: string) => {
        ended += 1;
        underWay -= 1;
        codes.set(code, (codes.get(code) ?? 0) + 1);
      };
      method({ text: `${id}:${kind}:${String(size)}` }, { timeoutMs, signal: giveUp.signal }).then(
        ({ text }) => {
          if (!text.startsWith(id) || (kind === 'large' && text.length !== id.length + 1 + size)) wrong += 1;
          note('ok');
        },
        (error: unknown) => {
          const { code } = ServiceError.from(error);
          if (code === 'conflict' && (error as Error).message !== id) wrong += 1;
          note(code);
        },
      );
    };
    for (let n = 0; n < steps; n += 1) {
      const what = below(1000);
      if (what < 3) proxy.drop();
      else if (what < 8) {
        proxy.pause();
        setTimeout(proxy.resume, below(60));
      }
      step(n);
      if (underWay >= mostAtOnce) await until('some have ended', () => underWay < mostAtOnce);
      else if (below(8) === 0) await new Promise(setImmediate);
    }
    await until('all have ended', () => underWay === 0, 30_000);
    await until('the server has nothing left', () => server.lanes.calls === 0 && server.lanes.bytes === 0);
    expect({ ended, wrong }).toEqual({ ended: steps, wrong: 0 });
    expect([...once].filter((id) => (runs.get(id) ?? 0) > 1)).toEqual([]);
    expect(client.size).toEqual({ calls: 0, queued: 0 });
    expect(server.lanes.count).toBeLessThanOrEqual(1);
    expect(aborted).toBeGreaterThan(0);
    for (const code of ['ok', 'conflict', 'cancelled', 'deadline_exceeded', 'unavailable'])
      expect(codes.get(code) ?? 0).toBeGreaterThan(0);
    // Anything else would be an error of the lane's own.
    expect([...codes.keys()].filter((code) => !known.has(code))).toEqual([]);
  });
});

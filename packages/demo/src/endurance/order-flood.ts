import { randomUUID } from 'node:crypto';
import { median, percentile } from '@souk/bench';
import { Pool } from 'undici';
import { onePiece, orderBody } from '../api/order-body.js';

/** Who waits longer has gone: what comes later is worth nothing. */
const patienceMs = 1000;
/** How long an answer is waited for, to tell one that is late from none. */
const lateWithinMs = 2 * patienceMs;
const longestMs = 30_000;

export interface FloodFigures {
  readonly begun: number;
  /** Orders acknowledged (201) in their time. */
  readonly acknowledged: number;
  readonly readInTime: number;
  /** 429 and 503, and how many of them lacked a Retry-After. */
  readonly refused: number;
  readonly withoutRetryAfter: number;
  /** Whatever else was answered or not, by status: `504`, `late`, `no answer` … */
  readonly other: Readonly<Record<string, number>>;
  /** Of orders that were acknowledged. */
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** Orders and reads, by a client that is as lean as may be. */
export interface OrderFlood {
  /** Reads a product, then places an order, however long both take: what a customer does in a closed loop. */
  readThenPlace(index: number): Promise<void>;
  /** One of both, in turn, that nobody waits for longer than a second: what comes in an open loop. */
  readOrPlace(index: number): Promise<void>;
  /** How many orders were acknowledged in time, since the last `take`. */
  acknowledged(): number;
  take(): FloodFigures;
  close(): Promise<void>;
}

interface Request {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly body?: string;
  readonly token?: string;
}

interface Noted {
  readonly answer: { readonly statusCode: number; readonly headers: Readonly<Record<string, unknown>> };
  readonly tookMs: number;
  readonly within: number;
}

/** @param target.tokens access tokens that outlive it; the customers' in turn */
export function openOrderFlood(target: {
  url: string;
  connections: number;
  productIds: readonly string[];
  tokens: readonly string[];
}): OrderFlood {
  const pool = new Pool(target.url, { connections: target.connections, pipelining: 1 });
  const bodies = target.productIds.map((id) => JSON.stringify(orderBody(onePiece(id))));
  let count = emptyCount();

  const ask = async ({ method, path, body, token }: Request, within: number | undefined) => {
    count.begun += 1;
    const startedAt = performance.now();
    const late = new AbortController();
    const timer = setTimeout(
      () => {
        late.abort();
      },
      within === undefined ? longestMs : lateWithinMs,
    );
    try {
      const answer = await pool.request({
        method,
        path,
        signal: late.signal,
        headers: {
          ...(within === undefined ? {} : { 'x-request-deadline-ms': String(within) }),
          ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
          ...(body === undefined
            ? {}
            : { 'content-type': 'application/json', 'idempotency-key': randomUUID() }),
        },
        ...(body === undefined ? {} : { body }),
      });
      await answer.body.dump();
      note(method, { answer, tookMs: performance.now() - startedAt, within: within ?? longestMs });
    } catch {
      add(count.other, 'no answer');
    } finally {
      clearTimeout(timer);
    }
  };
  const note = (method: Request['method'], { answer, tookMs, within }: Noted): void => {
    const { statusCode: status, headers } = answer;
    if (status === 429 || status === 503) {
      count.refused += 1;
      if (headers['retry-after'] === undefined) count.withoutRetryAfter += 1;
    } else if (status >= 300) add(count.other, String(status));
    else if (tookMs > within) add(count.other, 'late');
    else if (method === 'GET') count.readInTime += 1;
    else count.acknowledgedMs.push(tookMs);
  };
  const read = (index: number, within?: number) => {
    const id = target.productIds[index % target.productIds.length] ?? '';
    return ask({ method: 'GET', path: `/api/products/${id}` }, within);
  };
  const place = (index: number, within?: number) => {
    const body = bodies[index % bodies.length] ?? '';
    const token = target.tokens[index % target.tokens.length] ?? '';
    return ask({ method: 'POST', path: '/api/orders', body, token }, within);
  };
  return {
    readThenPlace: async (index) => {
      await read(index);
      await place(index);
    },
    readOrPlace: (index) =>
      index % 2 === 0 ? read(index / 2, patienceMs) : place((index - 1) / 2, patienceMs),
    acknowledged: () => count.acknowledgedMs.length,
    take: () => {
      const { acknowledgedMs, ...figures } = count;
      count = emptyCount();
      return {
        ...figures,
        acknowledged: acknowledgedMs.length,
        p50Ms: Math.round(median(acknowledgedMs)),
        p99Ms: Math.round(percentile(acknowledgedMs, 0.99)),
      };
    },
    close: () => pool.destroy(),
  };
}

const emptyCount = () => ({
  begun: 0,
  acknowledgedMs: [] as number[],
  readInTime: 0,
  refused: 0,
  withoutRetryAfter: 0,
  other: {} as Record<string, number>,
});

const add = (counts: Record<string, number>, key: string): void => {
  counts[key] = (counts[key] ?? 0) + 1;
};

import { randomUUID } from 'node:crypto';
import { median, percentile } from '@souk/bench';
import { Client } from 'undici';
import { onePiece, orderBody } from '../api/order-body.js';

/** Who waits longer has gone: what comes later is worth nothing. */
const patienceMs = 2000;
const longestMs = 30_000;
const openedAtOnce = 16;

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

/**
 * Orders and reads, by a client that is as lean as may be, since it takes its time from the same cores: connections are
 * open before the flood comes, and stay open when whoever asked has gone, as those of a proxy in front do.
 */
export interface OrderFlood {
  /** Opens all connections. */
  connect(): Promise<void>;
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

interface Answer {
  /** 0: none. */
  readonly status: number;
  readonly hasRetryAfter: boolean;
}

/** @param target.tokens access tokens that outlive it; the customers' in turn */
export function openOrderFlood(target: {
  url: string;
  connections: number;
  productIds: readonly string[];
  tokens: readonly string[];
}): OrderFlood {
  const clients = Array.from(
    { length: target.connections },
    () => new Client(target.url, { pipelining: 1, headersTimeout: longestMs, keepAliveTimeout: 600_000 }),
  );
  const idle = [...clients];
  const bodies = target.productIds.map((id) => JSON.stringify(orderBody(onePiece(id))));
  let count = emptyCount();

  const ask = async (request: Request, within = longestMs): Promise<void> => {
    count.begun += 1;
    const client = idle.pop();
    if (!client) {
      add(count.other, 'no connection free');
      return;
    }
    const startedAt = performance.now();
    const { status, hasRetryAfter } = await send(client, request, within);
    const tookMs = performance.now() - startedAt;
    idle.push(client);
    if (status === 0) add(count.other, 'no answer');
    else if (status === 429 || status === 503) {
      count.refused += 1;
      if (!hasRetryAfter) count.withoutRetryAfter += 1;
    } else if (status >= 300) add(count.other, String(status));
    else if (tookMs > within) add(count.other, 'late');
    else if (request.method === 'GET') count.readInTime += 1;
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
    connect: async () => {
      for (let at = 0; at < clients.length; at += openedAtOnce)
        await Promise.all(
          clients
            .slice(at, at + openedAtOnce)
            .map((client) => send(client, { method: 'GET', path: '/gateway/health' })),
        );
    },
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
    close: async () => {
      await Promise.all(clients.map((client) => client.destroy()));
    },
  };
}

const send = (client: Client, { method, path, token, body }: Request, within = longestMs): Promise<Answer> =>
  new Promise((resolve) => {
    let answer: Answer = { status: 0, hasRetryAfter: false };
    const end = (): void => {
      resolve(answer);
    };
    const headers = {
      ...(within === longestMs ? {} : { 'x-request-deadline-ms': String(within) }),
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...(body === undefined ? {} : { 'content-type': 'application/json', 'idempotency-key': randomUUID() }),
    };
    client.dispatch(
      { method, path, headers, body: body ?? null },
      {
        onRequestStart: () => undefined,
        onResponseStart: (_controller, status, { 'retry-after': retryAfter }) => {
          answer = { status, hasRetryAfter: retryAfter !== undefined };
        },
        onResponseData: () => undefined,
        onResponseEnd: end,
        onResponseError: end,
      },
    );
  });

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

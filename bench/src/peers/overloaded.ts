import { createHttpServer, strictObject, Type } from '@souk/comms/http';
import { createLimiter, type Limiter } from '@souk/comms/resilience';
import { createLogger, createMetrics } from '@souk/comms/telemetry';
import type { Text } from './echo-definition.js';
import { leanClient } from './lean-client.js';
import type { Peer, Setup } from './peer.js';
import { createPlaces } from './places.js';
import { connectEcho, serveEcho } from './souk.js';

/** What callers wait at most; their own bulkhead is wide, so that all they send reaches the server. */
const patience = { timeoutMs: 1000, maxConcurrent: 100_000 };

const unlimited: Limiter = {
  tryAcquire: () => true,
  release: () => undefined,
  limit: Infinity,
  inFlight: 0,
};

const placesOf = ({ settings }: Setup) =>
  createPlaces({ places: settings['places'] ?? 1, workMs: settings['workMs'] ?? 1 });

const grpc = (limiter: () => Limiter): Peer => ({
  serve: (setup) => {
    const take = placesOf(setup);
    const work = async (text: Text) => {
      await take();
      return text;
    };
    return serveEcho(setup, { work, limiter: limiter() });
  },
  connect: (setup) => connectEcho(setup, { lane: true, ...patience }),
});

const rest = (limiter: () => Limiter): Peer => ({
  serve: async (setup) => {
    const take = placesOf(setup);
    const server = await createHttpServer({
      title: 'Echo',
      logger: createLogger({ service: 'echo', instance: 'echo-1', level: 'info' }),
      metrics: createMetrics(),
      limiter: limiter(),
    });
    const text = strictObject({ text: Type.String() });
    const options = {
      config: { access: 'public' },
      schema: { body: text, response: { 200: text } },
    } as const;
    server.post('/echo', options, async ({ body }) => {
      await take();
      return body;
    });
    await server.listen({ host: '127.0.0.1', port: setup.port });
    return server;
  },
  connect: ({ port }) => Promise.resolve(leanClient(port)),
});

export const limitedGrpc = grpc(() => createLimiter());
export const unlimitedGrpc = grpc(() => unlimited);
export const limitedRest = rest(() => createLimiter());
export const unlimitedRest = rest(() => unlimited);

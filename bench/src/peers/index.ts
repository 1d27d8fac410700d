import type { Peer } from './peer.js';

/** The stacks by the names they have in tables; loaded when needed, so that a process holds only its own. */
export const peers: Readonly<Record<string, () => Promise<Peer>>> = {
  'grpc-js unary': async () => (await import('./raw-grpc.js')).rawGrpc,
  'NestJS gRPC': async () => (await import('./nest.js')).nestGrpc,
  'NestJS TCP': async () => (await import('./nest.js')).nestTcp,
  'Moleculer TCP': async () => (await import('./moleculer.js')).moleculerTcp,
  'undici → Fastify': async () => (await import('./fastify-undici.js')).fastifyUndici,
  'Souk, plain': async () => (await import('./souk.js')).soukPlain,
  'Souk, lane': async () => (await import('./souk.js')).soukLane,
};

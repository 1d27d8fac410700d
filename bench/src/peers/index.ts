import type { Peer } from './peer.js';

type Peers = Readonly<Record<string, () => Promise<Peer>>>;

/** Stacks by the names they have in tables; loaded when needed, so that a process holds only its own. */
export const rpcPeers: Peers = {
  'grpc-js unary': async () => (await import('./raw-grpc.js')).rawGrpc,
  'NestJS gRPC': async () => (await import('./nest.js')).nestGrpc,
  'NestJS TCP': async () => (await import('./nest.js')).nestTcp,
  'Moleculer TCP': async () => (await import('./moleculer.js')).moleculerTcp,
  'undici → Fastify': async () => (await import('./fastify-undici.js')).fastifyUndici,
  'Souk, plain': async () => (await import('./souk.js')).soukPlain,
  'Souk, lane': async () => (await import('./souk.js')).soukLane,
  'Souk, lane, mTLS': async () => (await import('./souk.js')).soukSecureLane,
  'Souk, lane, traced': async () => (await import('./souk.js')).soukTracedLane,
};

export const httpPeers: Peers = {
  'node:http': async () => (await import('./http.js')).nodeHttp,
  Fastify: async () => (await import('./http.js')).bareFastify,
  'NestJS on Fastify': async () => (await import('./nest-http.js')).nestOnFastify,
  'Souk REST': async () => (await import('./souk-http.js')).soukRest,
};

export const overloadPeers: Peers = {
  'gRPC, limited': async () => (await import('./overloaded.js')).limitedGrpc,
  'gRPC, unlimited': async () => (await import('./overloaded.js')).unlimitedGrpc,
  'REST, limited': async () => (await import('./overloaded.js')).limitedRest,
  'REST, unlimited': async () => (await import('./overloaded.js')).unlimitedRest,
};

export const eventPeers: Peers = {
  'kafkajs alone': async () => (await import('./events.js')).kafkajsAlone,
  'NestJS Kafka': async () => (await import('./nest-kafka.js')).nestKafka,
  'Souk, outbox to inbox': async () => (await import('./events.js')).soukEvents,
};

export const peers: Peers = { ...rpcPeers, ...httpPeers, ...overloadPeers, ...eventPeers };

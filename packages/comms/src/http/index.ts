export { principalOf, type Access } from './access.js';
export {
  createHttpClient,
  type HttpAnswer,
  type HttpCall,
  type HttpClient,
  type HttpClientOptions,
} from './client.js';
export { decodeCursor, encodeCursor } from './cursor.js';
export { idempotencyKeyOf, sendReply } from './idempotency.js';
export type { FastifyReply, FastifyRequest } from 'fastify';
export { ownDocument } from './documents.js';
export { addHealthRoutes, type HealthCheck } from './health.js';
export { tellsOfLoad } from './limit.js';
export {
  dateTime,
  idParams,
  isUuid,
  listOf,
  money,
  pageQuery,
  problem,
  strictObject,
  text,
  Type,
  uuid,
  type Static,
} from './schemas.js';
export { createTlsConnector } from './tls-connector.js';
export { createHealthServer } from './health-server.js';
export { createHttpServer, type HttpServer, type HttpServerOptions } from './server.js';

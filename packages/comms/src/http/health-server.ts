import fastify from 'fastify';
import type { Metrics } from '../telemetry/index.js';
import { addHealthRoutes, type HealthCheck } from './health.js';
import { addMetricsRoute } from './metrics-route.js';
import type { HttpServer } from './server.js';

/** A plain listener for health and metrics alone: probes and Prometheus have no certificate of ours. */
export function createHealthServer(deps: {
  checks: { live: readonly HealthCheck[]; ready: readonly HealthCheck[] };
  metrics: Metrics;
}): HttpServer {
  const server = fastify({ forceCloseConnections: true }) as unknown as HttpServer;
  addHealthRoutes(server, deps.checks);
  addMetricsRoute(server, deps.metrics);
  return server;
}

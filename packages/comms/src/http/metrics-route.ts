import type { Metrics } from '../telemetry/index.js';
import type { HttpServer } from './server.js';

/** /metrics: Prometheus' text, or the same as JSON for who asks for it. */
export function addMetricsRoute(server: HttpServer, metrics: Metrics): void {
  const options = { config: { access: 'public', quiet: true }, schema: { hide: true } } as const;
  server.get('/metrics', options, async (request, reply) =>
    request.headers.accept === 'application/json'
      ? reply.send(await metrics.snapshot())
      : reply.type('text/plain; version=0.0.4').send(await metrics.expose()),
  );
}

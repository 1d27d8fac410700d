import { Type, type HttpServer } from '@souk/comms/http';
import { checkHealth, type HealthDeps } from '../use-cases/check-health.js';
import type { CommunicationsMeter } from '../use-cases/measure-communications.js';
import { page } from './page.js';

const latency = Type.Object({ p50: Type.Number(), p95: Type.Number(), p99: Type.Number() });
const calls = {
  service: Type.String(),
  calls: Type.Number(),
  requestBytes: Type.Number({ description: 'in all' }),
  responseBytes: Type.Number({ description: 'in all' }),
  latencyMs: latency,
};
const nullableNumber = Type.Union([Type.Number(), Type.Null()]);

const communications = Type.Object({
  at: Type.String(),
  topics: Type.Array(
    Type.Object({
      topic: Type.String(),
      productionRate: Type.Number({ description: 'messages per second' }),
      consumptionRate: Type.Number({ description: 'messages per second, of the slowest consumer' }),
      maxConsumptionRate: Type.Number({ description: 'messages per second that it could take' }),
      lag: Type.Number({ description: 'messages' }),
      messages: Type.Number({ description: 'produced since the topic was made' }),
      capacity: Type.Object({ messages: nullableNumber, bytes: nullableNumber }),
    }),
  ),
  rpc: Type.Array(Type.Object({ ...calls, method: Type.String() })),
  rest: Type.Array(Type.Object({ ...calls, method: Type.String(), route: Type.String() })),
});

export function addRoutes(
  server: HttpServer,
  deps: HealthDeps & { readonly meter: CommunicationsMeter; readonly asyncapi: string },
): void {
  server.get('/', { config: { access: 'public' } }, async (_request, reply) =>
    reply
      .type('text/html; charset=utf-8')
      .header('content-security-policy', "default-src 'none'; style-src 'unsafe-inline'")
      .send(page),
  );

  server.get('/asyncapi.json', { config: { access: 'public', quiet: true } }, async (_request, reply) =>
    reply.type('application/json').send(deps.asyncapi),
  );

  server.get('/healthz', { config: { access: 'public', quiet: true } }, async (_request, reply) => {
    const health = await checkHealth(deps);
    return reply
      .code(health.status === 'ok' ? 200 : 503)
      .header('cache-control', 'no-store')
      .send(health);
  });

  server.get(
    '/api/system/communications',
    { config: { access: 'admin' }, schema: { response: { 200: communications } } },
    () => deps.meter.report(),
  );
}

import { setTimeout as delay } from 'node:timers/promises';
import { createServiceVerifier, type Jwks } from '../auth/index.js';
import { createGrpcServer } from '../grpc/index.js';
import { createHttpServer } from '../http/index.js';
import { createLogger, createMetrics } from '../telemetry/index.js';
import { toyDescriptors, toyService, type Text } from './toy-rpc.js';

/** The toy service as a process of its own: tells its ports, and is told how long its work takes. */
export interface ToyOrders {
  readonly bundle?: Jwks;
  readonly workMs?: number;
}

let workMs = 10;

async function serve(bundle: Jwks): Promise<{ grpcPort: number; httpPort: number }> {
  const logger = createLogger({ service: 'toy', instance: String(process.pid), level: 'silent' });
  const metrics = createMetrics();
  const grpc = createGrpcServer({
    logger,
    metrics,
    verifyService: createServiceVerifier('toy', bundle),
    descriptorSet: toyDescriptors,
  });
  const work = async (): Promise<Text> => {
    await delay(workMs);
    return { text: String(process.pid) };
  };
  grpc.add(toyService, { ask: work, order: work }, { ask: ['order'], order: ['order'] });
  const http = await createHttpServer({ title: 'Toy', logger, metrics });
  http.get('/ask', { config: { access: 'public', quiet: true } }, work);
  const url = await http.listen({ host: '127.0.0.1', port: 0 });
  return { grpcPort: await grpc.listen('127.0.0.1', 0), httpPort: Number(new URL(url).port) };
}

process.on('message', (order: ToyOrders) => {
  workMs = order.workMs ?? workMs;
  if (order.bundle) void serve(order.bundle).then((ports) => process.send?.(ports));
});
// Whoever started it has gone.
process.on('disconnect', () => process.exit(0));

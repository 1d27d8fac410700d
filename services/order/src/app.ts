import { addStore, createService, type Service } from '@souk/comms/service';
import { OrderServiceDefinition } from '@souk/contracts/order/v1';
import { readDescriptorSet } from '@souk/contracts/descriptors';
import { createProductClient } from './clients/product-client.js';
import type { Config } from './config.js';
import { subscriptions } from './events/subscriptions.js';
import { callers, orderService } from './grpc/order-service.js';
import { createEventStreams } from './http/event-streams.js';
import { addRoutes } from './http/routes.js';
import { createOrderReader } from './store/order-reader.js';
import { createOrderStore } from './store/order-store.js';
import { createTimelineReader } from './store/timeline-reader.js';
import { expireOrders } from './use-cases/expire-orders.js';

const migrations = new URL('../prisma/migrations/', import.meta.url);
const sweepEveryMs = 1000;

/** Order: built here, listening only after `start`. */
export async function createApp(config: Config): Promise<Service> {
  const service = await createService({
    manifest: new URL('../service.json', import.meta.url),
    name: 'order',
    title: 'Souk: orders',
    settings: config,
    descriptorSet: readDescriptorSet(),
  });
  const { database, relay, idempotency, failpoint, consume, repeat } = await addStore(service, {
    name: 'order',
    settings: config,
    migrations,
  });
  const { pool } = database;

  const streams = createEventStreams(createTimelineReader(pool));
  const pump = repeat('event streams', streams.pump);
  service.add({ name: 'open event streams', kind: 'worker', stop: streams.closeAll });
  const store = createOrderStore(pool, () => {
    relay.poke();
    pump.poke();
  });
  const reader = createOrderReader(pool);
  const product = createProductClient(service);

  addRoutes(service.http, {
    idempotency,
    product,
    store,
    reader,
    streams,
    deadlineSeconds: config.ORDER_DEADLINE_SECONDS,
    failpoint,
  });
  service.grpc.add(OrderServiceDefinition, orderService(reader), callers);
  consume(subscriptions({ store, actionDeadlineSeconds: config.ORDER_ACTION_DEADLINE_SECONDS }));
  repeat('sweeper', async () => {
    await expireOrders({ store, logger: service.logger });
    return sweepEveryMs;
  });
  return service;
}

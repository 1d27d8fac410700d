import { addStore, createService, type Service } from '@souk/comms/service';
import { ProductServiceDefinition } from '@souk/contracts/product/v1';
import { readDescriptorSet } from '@souk/contracts/descriptors';
import { createOrderClient } from './clients/order-client.js';
import type { Config } from './config.js';
import { subscriptions } from './events/subscriptions.js';
import { callers, productService } from './grpc/product-service.js';
import { addRoutes } from './http/routes.js';
import { createCatalogue } from './store/catalogue.js';
import { createReservationStore } from './store/reservation-store.js';
import { releaseStaleReservations } from './use-cases/release-stale-reservations.js';

const migrations = new URL('../prisma/migrations/', import.meta.url);
const sweepEveryMs = 30_000;

/** Product: built here, listening only after `start`. */
export async function createApp(config: Config): Promise<Service> {
  const service = await createService({
    manifest: new URL('../service.json', import.meta.url),
    name: 'product',
    title: 'Souk: products',
    settings: config,
    descriptorSet: readDescriptorSet(),
  });
  const { database, relay, consume, repeat } = await addStore(service, {
    name: 'product',
    settings: config,
    migrations,
  });
  const { pool } = database;

  const store = createReservationStore(pool, relay.poke);
  const catalogue = createCatalogue(pool, relay.poke);
  const ending = { store, logger: service.logger };

  addRoutes(service.http, { catalogue, pool });
  service.grpc.add(ProductServiceDefinition, productService({ ...ending, catalogue, pool }), callers);
  consume(subscriptions(ending));
  const order = createOrderClient(service);
  repeat('sweeper', async () => {
    await releaseStaleReservations({ ...ending, order, ttlSeconds: config.RESERVATION_TTL_SECONDS });
    return sweepEveryMs;
  });
  return service;
}

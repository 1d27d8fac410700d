import { addStore, createService, type Service } from '@souk/comms/service';
import { PaymentServiceDefinition } from '@souk/contracts/payment/v1';
import { readDescriptorSet } from '@souk/contracts/descriptors';
import { randomUUID } from 'node:crypto';
import { createProviderClient } from './clients/provider-client.js';
import type { Config } from './config.js';
import { subscriptions } from './events/subscriptions.js';
import { callers, paymentService } from './grpc/payment-service.js';
import { addAccountRoutes } from './http/account-routes.js';
import { addPaymentRoutes } from './http/payment-routes.js';
import { addReconciliationRoute } from './http/reconciliation-route.js';
import { addWebhookRoute } from './http/webhook-route.js';
import { createLedgerReader } from './store/ledger-reader.js';
import { createPaymentReader } from './store/payment-reader.js';
import { createPaymentStore } from './store/payment-store.js';
import { createProviderEvents } from './store/provider-events.js';
import { createReconciliationReader } from './store/reconciliation-reader.js';
import { createOperationWorker } from './use-cases/operation-worker.js';
import { performOperation } from './use-cases/perform-operation.js';
import { reconcilePayments } from './use-cases/reconcile-payments.js';

const migrations = new URL('../prisma/migrations/', import.meta.url);
const purgeEveryMs = 3_600_000;

/** Payment: built here, listening only after `start`. */
export async function createApp(config: Config): Promise<Service> {
  const service = await createService({
    manifest: new URL('../service.json', import.meta.url),
    name: 'payment',
    title: 'Souk: payments',
    settings: config,
    descriptorSet: readDescriptorSet(),
  });
  const stored = await addStore(service, { name: 'payment', settings: config, migrations });
  const { pool } = stored.database;
  const { logger, http } = service;

  const store = createPaymentStore(pool, stored.relay.poke);
  const provider = createProviderClient(
    service.externalClient('payment-provider', config.PROVIDER_URL),
    config.PROVIDER_API_KEY,
  );
  const poke = () => {
    loop.poke();
  };
  const worker = createOperationWorker({
    store,
    logger,
    poke,
    owner: `${config.INSTANCE}/${randomUUID()}`,
    perform: (payment) =>
      performOperation({ store, provider, logger, poke, failpoint: stored.failpoint }, payment),
  });
  service.add({ name: 'operations under way', kind: 'worker', stop: worker.drain });
  const loop = stored.repeat('operations', worker.round);

  const { idempotency } = stored;
  addPaymentRoutes(http, { idempotency, store, provider, worker, poke, reader: createPaymentReader(pool) });
  addAccountRoutes(http, createLedgerReader(pool));
  const providerEvents = createProviderEvents(pool);
  const secrets = [config.PROVIDER_WEBHOOK_SECRET, config.PROVIDER_WEBHOOK_SECRET_OLD].filter(
    (secret) => secret !== '',
  );
  addWebhookRoute(http, { providerEvents, secrets, poke });
  service.grpc.add(PaymentServiceDefinition, paymentService(createPaymentReader(pool)), callers);
  stored.consume(subscriptions({ store, worker }));
  const differing = service.metrics.meter.createGauge('souk.payment.reconciliation.differences');
  const reconcile = async () => {
    const found = await reconcilePayments({ provider, reader: createReconciliationReader(pool), logger });
    differing.record(found.differences.length);
    return found;
  };
  addReconciliationRoute(http, reconcile);
  stored.repeat('reconciliation', async () => {
    await reconcile();
    return config.RECONCILE_EVERY_SECONDS * 1000;
  });
  stored.repeat('provider events', async () => {
    await providerEvents.purge();
    return purgeEveryMs;
  });
  return service;
}

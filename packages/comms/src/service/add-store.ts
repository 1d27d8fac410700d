import { createConsumer, createEvents, type EventTransport, type Subscription } from '../events/index.js';
import { createIdempotency, createRelay, type Idempotency, type Relay } from '../outbox/index.js';
import { createFailpoint, createLoop, type Failpoint } from '../resilience/index.js';
import { messagingMeasures } from '../telemetry/index.js';
import type { ServiceSettings, StoreSettings } from './config.js';
import type { Service } from './create-service.js';
import { createDatabase, type Database } from './database.js';

const purgeEveryMs = 600_000;

/** What a service has that keeps state and states facts. */
export interface Store {
  readonly database: Database;
  readonly events: EventTransport;
  readonly relay: Relay;
  readonly idempotency: Idempotency;
  readonly failpoint: Failpoint | undefined;
  /** Handles events, by topic and full message name, under the service's own name. Call once, before `start`. */
  consume(handlers: Readonly<Record<string, Readonly<Record<string, Subscription>>>>): void;
  /** Repeats `round` while the service runs; it answers the pause before the next, in milliseconds. */
  repeat(name: string, round: (signal: AbortSignal) => Promise<number>): { poke(): void };
}

/**
 * Gives a service its database, its outbox relay and its consumer, each started and stopped in the right order.
 * @param options.migrations the service's prisma/migrations folder
 */
export async function addStore(
  service: Service,
  options: { name: string; settings: ServiceSettings & StoreSettings; migrations: URL },
): Promise<Store> {
  const { name, settings } = options;
  const { logger } = service;
  const instance = settings.INSTANCE;
  const measures = messagingMeasures(service.metrics.meter);
  const failpoint = createFailpoint(settings.FAILPOINT);
  const database = createDatabase({
    url: settings.DATABASE_URL,
    poolSize: settings.DATABASE_POOL_SIZE,
    instance,
    migrations: options.migrations,
    logger,
  });
  const { pool } = database;
  const events = await createEvents({ url: settings.EVENTS_URL, clientId: instance, logger });
  const relay = createRelay({ pool, events, logger, measures, source: name, instance, failpoint });
  const idempotency = createIdempotency(pool);

  service.add({
    name: 'database',
    kind: 'resource',
    start: database.assertMigrated,
    stop: database.close,
    check: database.check,
  });
  service.add({ name: 'events', kind: 'resource', stop: () => events.close(), check: () => events.check() });
  service.add({ name: 'outbox relay', kind: 'publisher', start: relay.start, stop: relay.stop });

  const repeat: Store['repeat'] = (label, round) => {
    const loop = createLoop(round, {
      onError: (error) => {
        logger.warn({ reason: String(error), worker: label }, 'a worker failed; trying on');
      },
    });
    service.add({ name: label, kind: 'worker', start: loop.start, stop: loop.stop });
    return loop;
  };
  repeat('idempotency keys', async () => {
    await idempotency.purge();
    return purgeEveryMs;
  });
  return {
    database,
    events,
    relay,
    idempotency,
    failpoint,
    repeat,
    consume: (handlers) => {
      const onCrash = (error: Error) => {
        service.fail(new Error(`the consumer crashed: ${error.message}`, { cause: error }));
      };
      const consumer = createConsumer({
        consumer: name,
        events,
        pool,
        logger,
        measures,
        handlers,
        onCrash,
        failpoint,
      });
      service.add({
        name: 'consumer',
        kind: 'worker',
        start: consumer.start,
        stop: consumer.stop,
        checkLive: consumer.checkLive,
      });
    },
  };
}

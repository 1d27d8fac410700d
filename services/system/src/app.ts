import { createEvents } from '@souk/comms/events';
import { createLoop } from '@souk/comms/resilience';
import { ownDocument } from '@souk/comms/http';
import { createService, type Service } from '@souk/comms/service';
import { readAsyncapiDocument, readDescriptorSet } from '@souk/contracts/descriptors';
import { createInstanceClient } from './clients/instance-client.js';
import { readManifests } from './clients/manifests.js';
import type { Config } from './config.js';
import { addRoutes } from './http/routes.js';
import { createSeedCheck } from './use-cases/check-health.js';
import { createCommunicationsMeter } from './use-cases/measure-communications.js';
import { mergeDocuments } from './use-cases/merge-documents.js';

const sampleEveryMs = 5000;
const name = 'system';

/** System: what can be said of all services together. Built here, listening only after `start`. */
export async function createApp(config: Config): Promise<Service> {
  const manifests = readManifests(config.SERVICES_DIR);
  let document: () => Promise<unknown> = () => Promise.resolve({});
  const service = await createService({
    manifest: new URL('../service.json', import.meta.url),
    name,
    title: 'Souk: the whole',
    settings: config,
    descriptorSet: readDescriptorSet(),
    document: () => document(),
  });
  const { registry, http, logger } = service;
  const instances = createInstanceClient(registry, service.certificates);
  const events = await createEvents({ url: config.EVENTS_URL, clientId: config.INSTANCE, logger });
  service.add({ name: 'instances', kind: 'resource', stop: instances.close });
  service.add({ name: 'events', kind: 'resource', stop: () => events.close() });

  document = () => mergeDocuments({ manifests, instances, own: () => ownDocument(http), ownName: name });
  const meter = createCommunicationsMeter({ manifests, instances, events });
  const sampling = createLoop(
    async () => {
      await meter.sample();
      return sampleEveryMs;
    },
    {
      onError: (error) => {
        logger.warn({ reason: String(error) }, 'the topics cannot be looked at; trying on');
      },
    },
  );
  service.add({ name: 'topic samples', kind: 'worker', start: sampling.start, stop: sampling.stop });
  addRoutes(http, {
    registry,
    manifests,
    isSeeded: createSeedCheck(registry, config.SEED_KEY),
    meter,
    asyncapi: readAsyncapiDocument(),
  });
  return service;
}

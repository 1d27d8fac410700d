import { ensureTopics } from '@souk/comms/events';
import { createLogger } from '@souk/comms/telemetry';
import { topicsToCreate } from '@souk/contracts/topics';

/** Makes the topics of the contract that are missing, with their dead-letter topics. */
export async function prepareEvents(eventsUrl: string): Promise<void> {
  const logger = createLogger({ service: 'local', instance: 'local', level: 'silent' });
  await ensureTopics({ url: eventsUrl, clientId: 'local', logger }, topicsToCreate);
}

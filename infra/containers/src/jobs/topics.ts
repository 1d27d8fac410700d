import { prepareEvents } from '@souk/local/setup';
import { readSetting } from '../config.js';

/** Makes the topics of the contract that are missing. */
export async function createTopics(): Promise<void> {
  await prepareEvents(readSetting('EVENTS_URL'));
  process.stdout.write('Every topic is there.\n');
}

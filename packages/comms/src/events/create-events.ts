import type { EventTransport, TopicSpec, TransportOptions } from './transport.js';

/** The transport that a URL names; only that one is loaded. */
export async function createEvents(options: TransportOptions): Promise<EventTransport> {
  if (options.url.startsWith('kafka://')) {
    const { createKafkaTransport } = await import('./kafka/index.js');
    return createKafkaTransport(options);
  }
  if (/^postgres(ql)?:\/\//.test(options.url)) {
    const { createLocalTransport } = await import('./local/index.js');
    return createLocalTransport(options);
  }
  throw new Error('EVENTS_URL must begin with kafka:// or postgres://.');
}

/** Makes the topics that are missing; the job of whoever starts a system. */
export async function ensureTopics(options: TransportOptions, topics: readonly TopicSpec[]): Promise<void> {
  const events = await createEvents(options);
  try {
    await events.ensureTopics(topics);
  } finally {
    await events.close();
  }
}

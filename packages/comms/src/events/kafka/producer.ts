import kafkajs, { type Kafka, type Producer, type TopicMessages } from 'kafkajs';
import type { OutgoingMessage } from '../transport.js';

export interface CoalescingProducer {
  publish(topic: string, messages: readonly OutgoingMessage[]): Promise<void>;
  close(): Promise<void>;
}

interface Pending {
  readonly topic: string;
  readonly messages: readonly OutgoingMessage[];
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Sends what is published in one turn of the event loop in one request: one at a time costs twice the latency.
 * Plain `acks: -1`; the outbox repeats what failed and the inbox drops what came twice, since kafkajs' idempotent
 * producer breaks under concurrent sends (tulios/kafkajs#598).
 */
export function createProducer(kafka: Kafka): CoalescingProducer {
  const producer = kafka.producer({
    createPartitioner: kafkajs.Partitioners.DefaultPartitioner,
    allowAutoTopicCreation: false,
  });
  let connected: Promise<void> | undefined;
  let pending: Pending[] = [];

  const connect = () => {
    connected ??= producer.connect().catch((error: unknown) => {
      connected = undefined;
      throw error;
    });
    return connected;
  };
  const flush = () => {
    const batch = pending;
    pending = [];
    connect()
      .then(() => send(producer, batch))
      .then(
        () => {
          for (const { resolve } of batch) resolve();
        },
        (error: unknown) => {
          for (const { reject } of batch) reject(error);
        },
      );
  };
  return {
    publish: (topic, messages) =>
      new Promise((resolve, reject) => {
        if (pending.push({ topic, messages, resolve, reject }) === 1) setImmediate(flush);
      }),
    close: () => producer.disconnect(),
  };
}

async function send(producer: Producer, batch: readonly Pending[]): Promise<void> {
  const byTopic = new Map<string, TopicMessages>();
  for (const { topic, messages } of batch) {
    const entry = byTopic.get(topic) ?? { topic, messages: [] };
    entry.messages.push(
      ...messages.map(({ key, headers, value }) => ({ key, headers: { ...headers }, value })),
    );
    byTopic.set(topic, entry);
  }
  await producer.sendBatch({ topicMessages: [...byTopic.values()], acks: -1 });
}

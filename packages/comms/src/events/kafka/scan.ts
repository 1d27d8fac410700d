import { randomUUID } from 'node:crypto';
import type { Admin, Kafka } from 'kafkajs';
import type { IncomingMessage } from '../transport.js';
import { incoming } from './incoming.js';

const longestScanMs = 60_000;

/** Shows what a topic holds now, each partition from its beginning, by a group of its own that leaves no trace. */
export async function scanKafka(
  kafka: Kafka,
  admin: Admin,
  scan: { topic: string; visit: (message: IncomingMessage) => void },
): Promise<void> {
  const open = new Map<number, bigint>();
  for (const { partition, low, high } of await admin.fetchTopicOffsets(scan.topic)) {
    if (BigInt(high) > BigInt(low)) open.set(partition, BigInt(high));
  }
  if (open.size === 0) return;
  const groupId = `scan-${randomUUID()}`;
  const consumer = kafka.consumer({ groupId, allowAutoTopicCreation: false, maxWaitTimeInMs: 100 });
  await consumer.connect();
  let timer: NodeJS.Timeout | undefined;
  try {
    await consumer.subscribe({ topics: [scan.topic], fromBeginning: true });
    await new Promise<void>((resolve, reject) => {
      timer = setTimeout(() => {
        reject(new Error(`The topic ${scan.topic} could not be read to its end within a minute.`));
      }, longestScanMs);
      consumer.on(consumer.events.CRASH, ({ payload }) => {
        reject(payload.error);
      });
      consumer
        .run({
          autoCommit: false,
          eachBatch: ({ batch }) => {
            const end = open.get(batch.partition);
            if (end === undefined) return Promise.resolve();
            for (const message of batch.messages) {
              if (BigInt(message.offset) < end) scan.visit(incoming(scan.topic, batch.partition, message));
            }
            if (BigInt(batch.lastOffset()) >= end - 1n) open.delete(batch.partition);
            if (open.size === 0) resolve();
            return Promise.resolve();
          },
        })
        .catch(reject);
    });
  } finally {
    clearTimeout(timer);
    await consumer.disconnect();
    await admin.deleteGroups([groupId]).catch(() => undefined);
  }
}

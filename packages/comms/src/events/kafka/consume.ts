import type { Consumer, EachBatchPayload, IHeaders, Kafka, KafkaMessage } from 'kafkajs';
import type { ConsumeOptions, Consumption, IncomingMessage } from '../transport.js';

const sessionTimeoutMs = 10_000;
const heartbeatEveryMs = 1000;
const silentTooLongMs = 60_000;

/** One consumer of a group, its partitions worked on side by side. */
export async function consumeFromKafka(
  kafka: Kafka,
  options: ConsumeOptions,
  partitionsAtOnce: number,
): Promise<Consumption> {
  const consumer = kafka.consumer({
    groupId: options.group,
    sessionTimeout: sessionTimeoutMs,
    rebalanceTimeout: sessionTimeoutMs,
    heartbeatInterval: heartbeatEveryMs,
    // A fetch returns with the first byte; the wait only bounds how long an idle one, and so a stop, takes.
    minBytes: 1,
    maxWaitTimeInMs: 500,
    allowAutoTopicCreation: false,
  });
  let seenAliveAt = Date.now();
  const seenAlive = () => {
    seenAliveAt = Date.now();
  };
  consumer.on(consumer.events.HEARTBEAT, seenAlive);
  consumer.on(consumer.events.FETCH, seenAlive);
  consumer.on(consumer.events.CRASH, ({ payload }) => {
    if (!payload.restart) options.onCrash(payload.error);
  });
  const resumes = new Set<NodeJS.Timeout>();
  await consumer.connect();
  await consumer.subscribe({ topics: [...options.topics], fromBeginning: true });
  await consumer.run({
    autoCommit: false,
    eachBatchAutoResolve: false,
    partitionsConsumedConcurrently: partitionsAtOnce,
    eachBatch: (payload) => workOn(consumer, payload, { options, resumes }),
  });
  return {
    checkLive: () =>
      Date.now() - seenAliveAt > silentTooLongMs
        ? 'no heartbeat of the Kafka consumer for a minute'
        : undefined,
    stop: async () => {
      for (const timer of resumes) clearTimeout(timer);
      await consumer.disconnect();
    },
  };
}

async function workOn(
  consumer: Consumer,
  payload: EachBatchPayload,
  { options, resumes }: { options: ConsumeOptions; resumes: Set<NodeJS.Timeout> },
): Promise<void> {
  const { batch, heartbeat, isRunning, isStale, resolveOffset, pause } = payload;
  const { topic, partition } = batch;
  const lost = new AbortController();
  const beat = setInterval(() => {
    if (!isRunning() || isStale()) lost.abort();
    heartbeat().catch(() => {
      lost.abort();
    });
  }, heartbeatEveryMs);
  try {
    const messages = batch.messages.map((message) => incoming(topic, partition, message));
    const outcome = await options.onBatch(messages, lost.signal);
    const last = messages[outcome.done - 1];
    if (lost.signal.aborted || isStale()) return;
    if (last) {
      resolveOffset(last.offset);
      await consumer.commitOffsets([{ topic, partition, offset: String(BigInt(last.offset) + 1n) }]);
    }
    if (outcome.done < messages.length) {
      const resume = pause();
      const timer = setTimeout(() => {
        resumes.delete(timer);
        resume();
      }, outcome.retryAfterMs ?? 100);
      resumes.add(timer);
    }
    await heartbeat();
  } finally {
    clearInterval(beat);
  }
}

const incoming = (topic: string, partition: number, message: KafkaMessage): IncomingMessage => ({
  topic,
  partition,
  offset: message.offset,
  key: message.key?.toString() ?? '',
  headers: headersOf(message.headers),
  value: message.value ?? Buffer.alloc(0),
});

function headersOf(headers: IHeaders | undefined): Record<string, string> {
  const texts: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers ?? {})) {
    const first = Array.isArray(value) ? value[0] : value;
    if (first !== undefined) texts[name] = first.toString();
  }
  return texts;
}

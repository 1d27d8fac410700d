import type { EachBatchPayload, Kafka } from 'kafkajs';
import type { Logger } from '../../telemetry/index.js';
import type { ConsumeOptions, Consumption } from '../transport.js';
import { incoming } from './incoming.js';
import { createOffsetCommits, type OffsetCommits } from './offset-commits.js';

const sessionTimeoutMs = 10_000;
const heartbeatEveryMs = 1000;
const silentTooLongMs = 60_000;

/** One consumer of a group, its partitions worked on side by side. */
export async function consumeFromKafka(
  kafka: Kafka,
  options: ConsumeOptions,
  client: { partitionsAtOnce: number; logger: Logger },
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
  const commits = createOffsetCommits(consumer, client.logger);
  await consumer.connect();
  await consumer.subscribe({ topics: [...options.topics], fromBeginning: true });
  await consumer.run({
    autoCommit: false,
    eachBatchAutoResolve: false,
    partitionsConsumedConcurrently: client.partitionsAtOnce,
    eachBatch: (payload) => workOn(payload, { options, resumes, commits }),
  });
  return {
    checkLive: () =>
      Date.now() - seenAliveAt > silentTooLongMs
        ? 'no heartbeat of the Kafka consumer for a minute'
        : undefined,
    stop: async () => {
      for (const timer of resumes) clearTimeout(timer);
      await commits.flush().catch(() => undefined);
      await consumer.disconnect();
    },
  };
}

async function workOn(
  payload: EachBatchPayload,
  {
    options,
    resumes,
    commits,
  }: { options: ConsumeOptions; resumes: Set<NodeJS.Timeout>; commits: OffsetCommits },
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
      commits.done(topic, partition, last.offset);
      // The last batch before a stop: nobody comes to commit it later.
      if (!isRunning()) await commits.flush();
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

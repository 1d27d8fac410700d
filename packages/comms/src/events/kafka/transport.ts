import kafkajs, { type Admin } from 'kafkajs';
import type { EventTransport, TopicFigures, TransportOptions } from '../transport.js';
import { createKafka } from './client.js';
import { consumeFromKafka } from './consume.js';
import { createProducer } from './producer.js';
import { scanKafka } from './scan.js';

const checkedForMs = 5000;

/** Real Kafka, by kafkajs. */
export function createKafkaTransport(options: TransportOptions): EventTransport {
  const kafka = createKafka(options.url, options.clientId, options.logger);
  const producer = createProducer(kafka);
  let admin: Promise<Admin> | undefined;
  let checkedAt = -Infinity;
  let problem: string | undefined;

  const adminClient = () => {
    admin ??= connectAdmin().catch((error: unknown) => {
      admin = undefined;
      throw error;
    });
    return admin;
  };
  const connectAdmin = async () => {
    const client = kafka.admin({ retry: { retries: 2 } });
    await client.connect();
    return client;
  };
  return {
    kind: 'kafka',
    publish: producer.publish,
    consume: (consumption) =>
      consumeFromKafka(kafka, consumption, { partitionsAtOnce: 16, logger: options.logger }),
    scan: async (topic, visit) => scanKafka(kafka, await adminClient(), { topic, visit }),
    ensureTopics: async (topics) => {
      const client = await adminClient();
      const present = new Set(await client.listTopics());
      const missing = topics.filter(({ topic }) => !present.has(topic));
      if (missing.length === 0) return;
      await client.createTopics({
        waitForLeaders: true,
        topics: missing.map(({ topic, partitions, keptForEver }) => ({
          topic,
          numPartitions: partitions,
          configEntries: keptForEver === true ? [{ name: 'retention.ms', value: '-1' }] : [],
        })),
      });
    },
    figures: async (topics, groups) => {
      const client = await adminClient();
      return Promise.all(topics.map((topic) => figuresOf(client, topic, groups)));
    },
    check: async () => {
      if (Date.now() - checkedAt < checkedForMs) return problem;
      checkedAt = Date.now();
      problem = await adminClient()
        .then((client) => client.describeCluster())
        .then(() => undefined)
        .catch(
          (error: unknown) =>
            `Kafka does not answer: ${error instanceof Error ? error.message : String(error)}`,
        );
      return problem;
    },
    close: async () => {
      await producer.close();
      await (await admin)?.disconnect();
    },
  };
}

async function figuresOf(admin: Admin, topic: string, groups: readonly string[]): Promise<TopicFigures> {
  const partitions = await admin.fetchTopicOffsets(topic);
  const described = await admin.describeConfigs({
    includeSynonyms: false,
    resources: [{ type: kafkajs.ConfigResourceTypes.TOPIC, name: topic, configNames: ['retention.bytes'] }],
  });
  const retention = Number(described.resources[0]?.configEntries[0]?.configValue ?? -1);
  const committed = await Promise.all(
    groups.map(async (groupId) => {
      const [entry] = await admin.fetchOffsets({ groupId, topics: [topic] });
      const offsets = entry?.partitions.map(({ offset }) => Math.max(0, Number(offset))) ?? [];
      return [groupId, sum(offsets)] as const;
    }),
  );
  return {
    topic,
    produced: sum(partitions.map(({ high }) => Number(high))),
    committed: Object.fromEntries(committed),
    capacityBytes: retention < 0 ? null : retention * partitions.length,
  };
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A real one-node Kafka of one spec file's own. */
export interface TestKafka {
  /** `kafka://host:port` */
  readonly url: string;
  stop(): Promise<void>;
}

interface KafkaPackage {
  kafkaAvailability(): Promise<{ available: true } | { available: false; why: string }>;
  startKafka(options: {
    dataDir: string;
    logFile: string;
  }): Promise<{ brokers: string; stop(): Promise<void> }>;
}

// By a name that the compiler does not follow: that package is built after this one.
const kafkaPackage = ['@souk', 'kafka'].join('/');
const load = async (): Promise<KafkaPackage> => (await import(kafkaPackage)) as KafkaPackage;

/** Whether Kafka can run here; when it can't, one line says why its tests are skipped. */
export async function canRunKafka(): Promise<boolean> {
  const availability = await (await load()).kafkaAvailability();
  if (!availability.available)
    process.stderr.write(`skipped: Kafka can't run here, since ${availability.why}\n`);
  return availability.available;
}

export async function startTestKafka(): Promise<TestKafka> {
  const folder = await mkdtemp(join(tmpdir(), 'souk-comms-kafka-'));
  const { startKafka } = await load();
  const server = await startKafka({ dataDir: join(folder, 'kafka'), logFile: join(folder, 'kafka.log') });
  return {
    url: `kafka://${server.brokers}`,
    stop: async () => {
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

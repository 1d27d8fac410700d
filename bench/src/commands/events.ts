import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createEvents } from '@souk/comms/events';
import { createLogger } from '@souk/comms/telemetry';
import { kafkaAvailability, startKafka } from '@souk/kafka';
import { removePostgresData, startPostgres } from '@souk/postgres';
import pg from 'pg';
import { compare } from '../compare.js';
import { eventPeers } from '../peers/index.js';
import { publish, readOptions } from './options.js';

const schemaFile = new URL('../../../packages/comms/src/outbox/schema.sql', import.meta.url);
const loads = [1, 16, 256].map((inFlight) => ({ inFlight, bytes: 200 }));

/** From a fact to its effect, over a real Kafka: ours with outbox and inbox, beside clients that keep nothing. */
export async function run(args: readonly string[]): Promise<void> {
  const options = readOptions(args, { seconds: 4, rounds: 3 });
  const ground = await startGround();
  try {
    const rows = await compare(Object.keys(eventPeers), options, { loads, places: ground.places });
    publish({ name: 'events', rows }, options);
  } finally {
    await ground.stop();
  }
}

interface EventGround {
  /** Where Kafka and the database are, as URLs. */
  readonly places: { readonly events: string; readonly database: string };
  stop(): Promise<void>;
}

async function startGround(): Promise<EventGround> {
  const availability = await kafkaAvailability();
  if (!availability.available)
    throw new Error(`This benchmark needs a real Kafka, which can't run here: ${availability.why}.`);
  const folder = await mkdtemp(join(tmpdir(), 'souk-bench-events-'));
  const dataDir = join(folder, 'postgres');
  const postgres = await startPostgres({ dataDir, logFile: join(folder, 'postgres.log') });
  const kafka = await startKafka({ dataDir: join(folder, 'kafka'), logFile: join(folder, 'kafka.log') });
  const places = {
    events: `kafka://${kafka.brokers}`,
    database: await createDatabase(postgres.superuserUrl),
  };
  await createTopics(places.events);
  return {
    places,
    stop: async () => {
      await kafka.stop();
      await postgres.stop();
      await removePostgresData(dataDir);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function createDatabase(superuserUrl: string): Promise<string> {
  const url = new URL(superuserUrl);
  url.pathname = '/bench';
  await query(superuserUrl, 'create database bench');
  await query(url.href, await readFile(schemaFile, 'utf8'));
  await query(url.href, 'create table heard (subject uuid not null, length integer not null)');
  return url.href;
}

async function query(connectionString: string, text: string): Promise<void> {
  const client = new pg.Client({ connectionString });
  await client.connect();
  await client.query(text).finally(() => client.end());
}

async function createTopics(url: string): Promise<void> {
  const logger = createLogger({ service: 'bench', instance: 'bench', level: 'silent' });
  const events = await createEvents({ url, clientId: 'bench', logger });
  const names = ['bench.kafkajs', 'bench.nest', 'bench.souk'];
  await events
    .ensureTopics(
      names.flatMap((topic) => [topic, `${topic}.dlq`]).map((topic) => ({ topic, partitions: 6 })),
    )
    .finally(() => events.close());
}

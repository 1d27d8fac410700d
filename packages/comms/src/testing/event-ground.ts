import { randomUUID } from 'node:crypto';
import type pg from 'pg';
import { createEvents, type EventTransport, type IncomingMessage } from '../events/index.js';
import {
  createLogger,
  createMetrics,
  messagingMeasures,
  type MessagingMeasures,
} from '../telemetry/index.js';
import { startTestKafka, type TestKafka } from './kafka.js';
import { startTestPostgres } from './postgres.js';

export const silent = createLogger({ service: 'test', instance: 'test', level: 'silent' });
export const noMeasures: MessagingMeasures = messagingMeasures(createMetrics().meter);

/** One of the two transports, with a database for those who consume from it. */
export interface EventGround {
  /** A transport of its own, as another process would have; closed by `stop`. */
  open(clientId: string): Promise<EventTransport>;
  /** A new topic of six partitions and its dead letters. */
  createTopic(): Promise<string>;
  readonly pool: pg.Pool;
  stop(): Promise<void>;
}

export async function startEventGround(kind: 'kafka' | 'local'): Promise<EventGround> {
  const postgres = await startTestPostgres();
  const pool = await postgres.createServiceDatabase('souk_consumer');
  const kafka: TestKafka | undefined = kind === 'kafka' ? await startTestKafka() : undefined;
  const url = kafka?.url ?? (await postgres.createDatabase('souk_events'));
  const opened: EventTransport[] = [];
  const open = async (clientId: string) => {
    const transport = await createEvents({ url, clientId, logger: silent });
    opened.push(transport);
    return transport;
  };
  const maker = await open('maker');
  return {
    open,
    pool,
    createTopic: async () => {
      const topic = `toy.${randomUUID()}`;
      await maker.ensureTopics([
        { topic, partitions: 6 },
        { topic: `${topic}.dlq`, partitions: 1 },
      ]);
      return topic;
    },
    stop: async () => {
      await Promise.all(opened.map((transport) => transport.close()));
      await kafka?.stop();
      await postgres.stop();
    },
  };
}

/** A message that carries a number, of no type. */
export const numbered = (key: string, n: number) => ({ key, headers: {}, value: Buffer.from(String(n)) });

export const numberIn = (message: IncomingMessage): number => Number(message.value.toString());

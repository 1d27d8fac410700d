import { randomUUID } from 'node:crypto';
import { createConsumer, createEvents, on } from '@souk/comms/events';
import { caused, createMessage, createRelay, write } from '@souk/comms/outbox';
import { createLogger, createMetrics, messagingMeasures } from '@souk/comms/telemetry';
// eslint-disable-next-line @typescript-eslint/no-restricted-imports -- what is measured here is kafkajs itself
import kafkajs from 'kafkajs';
import pg from 'pg';
import { createArrivals } from './arrivals.js';
import type { Peer } from './peer.js';
import { placeIn } from './place-in.js';

const type = 'bench.v1.Said';
const codec = { decode: (bytes: Uint8Array): Buffer => Buffer.from(bytes) };

/** kafkajs by itself: a message is sent, until its consumer has it. Nothing is stored, nothing is told twice. */
export const kafkajsAlone: Peer = {
  serve: () => Promise.resolve(undefined),
  connect: async (setup) => {
    const topic = 'bench.kafkajs';
    const brokers = new URL(placeIn(setup, 'events')).host.split(',');
    const kafka = new kafkajs.Kafka({ brokers, logLevel: kafkajs.logLevel.NOTHING });
    const producer = kafka.producer({ createPartitioner: kafkajs.Partitioners.DefaultPartitioner });
    const consumer = kafka.consumer({ groupId: topic, maxWaitTimeInMs: 500 });
    const arrivals = createArrivals();
    await Promise.all([producer.connect(), consumer.connect()]);
    await consumer.subscribe({ topics: [topic], fromBeginning: true });
    await consumer.run({
      partitionsConsumedConcurrently: 6,
      eachMessage: ({ message }) => {
        arrivals.came(String(message.key));
        return Promise.resolve();
      },
    });
    return async (text) => {
      const key = randomUUID();
      const arrival = arrivals.of(key);
      await producer.send({ topic, acks: -1, messages: [{ key, value: text }] });
      await arrival;
    };
  },
};

/** Ours: a committed outbox row, the relay, Kafka, and the effect committed with its inbox row. */
export const soukEvents: Peer = {
  serve: () => Promise.resolve(undefined),
  connect: async (setup) => {
    const topic = 'bench.souk';
    const logger = createLogger({ service: 'bench', instance: 'bench', level: 'warn' });
    const measures = messagingMeasures(createMetrics().meter);
    const pool = new pg.Pool({ connectionString: placeIn(setup, 'database'), max: 10 });
    const events = await createEvents({ url: placeIn(setup, 'events'), clientId: 'bench', logger });
    const relay = createRelay({ pool, events, logger, measures, source: 'bench', instance: 'bench' });
    const arrivals = createArrivals();
    const said = on(codec, async (text, cause) => {
      const outcome = await write(pool, {
        name: 'bench/heard',
        cause,
        effects: [
          (bind) => `insert into heard (subject, length)
            select ${bind(cause.subject)}::uuid, ${bind(text.length)}::integer where ${caused}`,
        ],
        messages: [],
      });
      arrivals.came(cause.subject);
      return outcome;
    });
    const consumer = createConsumer({
      consumer: 'bench',
      events,
      pool,
      logger,
      measures,
      handlers: { [topic]: { [type]: said } },
      onCrash: (error) => {
        throw error;
      },
    });
    await Promise.all([relay.start(), consumer.start()]);
    return async (text) => {
      const subject = randomUUID();
      const arrival = arrivals.of(subject);
      await write(pool, {
        name: 'bench/said',
        cause: { kind: 'internal' },
        effects: [],
        messages: [createMessage({ topic, subject, version: 1, type, payload: Buffer.from(text) })],
      });
      relay.poke();
      await arrival;
    };
  },
};

import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { ServiceError } from '../errors/index.js';
import { noMeasures, silent, startEventGround, type EventGround } from '../testing/event-ground.js';
import { canRunKafka } from '../testing/kafka.js';
import {
  countedCodec,
  countedMessage,
  countedType,
  createToyTables,
  effectsOf,
  noteEffect,
} from '../testing/toy.js';
import { until } from '../testing/until.js';
import {
  createConsumer,
  createDeadLetters,
  on,
  type Consumer,
  type DeadLetters,
  type EventTransport,
} from './index.js';

const kinds = ['local', ...((await canRunKafka()) ? ['kafka' as const] : [])] as const;

describe.each(kinds)('dead letters over the %s transport', (kind) => {
  let ground: EventGround;
  let events: EventTransport;
  let topic: string;
  let consumer: Consumer;
  let letters: DeadLetters;
  let refused: Set<number>;

  beforeAll(async () => {
    ground = await startEventGround(kind);
    await createToyTables(ground.pool);
    events = await ground.open('consumer');
  });
  beforeEach(async () => {
    topic = await ground.createTopic();
    letters = createDeadLetters(events, [topic]);
    refused = new Set();
    consumer = createConsumer({
      consumer: topic,
      events,
      pool: ground.pool,
      logger: silent,
      measures: noMeasures,
      handlers: {
        [topic]: {
          [countedType]: on(countedCodec, ({ by }, cause) => {
            if (refused.has(by)) throw new ServiceError('conflict', 'Not now.');
            return noteEffect(ground.pool, { consumer: topic, subject: cause.subject, value: by, cause });
          }),
        },
      },
      onCrash: (error) => {
        throw error;
      },
    });
    await consumer.start();
  });
  afterEach(() => consumer.stop(), 30_000);
  afterAll(() => ground.stop(), 30_000);

  const listed = (count: number) =>
    until(`${String(count)} letters are listed`, async () => (await letters.list()).length === count);

  it('are listed with where they came from and why, replayed with their own id, and dropped', async () => {
    const subject = randomUUID();
    refused = new Set([2, 3]);
    const messages = [1, 2, 3, 4].map((n) => countedMessage(subject, n));
    await events.publish(topic, messages);
    await listed(2);
    const [second, third] = await letters.list();
    if (!second || !third) throw new Error('two letters were there');
    expect(second).toMatchObject({
      topic,
      consumer: topic,
      poisonClass: 'rejected',
      code: 'conflict',
      attempts: 1,
      message: { key: subject, headers: { ce_id: messages[1]?.headers.ce_id } },
    });
    expect(second.origin).toMatch(/^\d:\d+$/);
    expect(new Date(second.at).toISOString()).toBe(second.at);

    refused = new Set();
    await letters.replay(second);
    await until('its effect is there', async () => {
      const found = await effectsOf(ground.pool, topic, subject);
      return String(found) === '1,4,2';
    });
    const { rows } = await ground.pool.query(
      'select message_id, state from inbox where consumer = $1 and sequence = 2',
      [topic],
    );
    expect(rows).toEqual([{ message_id: messages[1]?.headers.ce_id, state: 'applied' }]);
    await letters.drop(third);
    expect(await letters.list()).toEqual([]);
    expect(await effectsOf(ground.pool, topic, subject)).toEqual([1, 4, 2]);
  });

  it('are listed anew when their replay fails again', async () => {
    refused = new Set([1]);
    await events.publish(topic, [countedMessage(randomUUID(), 1)]);
    await listed(1);
    const [first] = await letters.list();
    if (!first) throw new Error('a letter was there');
    await letters.replay(first);
    await until('another is listed', async () => {
      const found = await letters.list();
      return found.length === 1 && found[0]?.id !== first.id;
    });
  });
});

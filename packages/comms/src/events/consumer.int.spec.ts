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
import { gate, until } from '../testing/until.js';
import {
  createConsumer,
  on,
  type Consumer,
  type ConsumerOptions,
  type Consumption,
  type EventTransport,
  type IncomingMessage,
} from './index.js';

const kinds = ['local', ...((await canRunKafka()) ? ['kafka' as const] : [])] as const;

describe.each(kinds)('a consumer over the %s transport', (kind) => {
  let ground: EventGround;
  let events: EventTransport;
  let topic: string;
  let consumer: Consumer | undefined;
  let lettersConsumption: Consumption | undefined;
  let interfere: (subject: string, by: number) => Promise<void> | void;

  beforeAll(async () => {
    ground = await startEventGround(kind);
    await createToyTables(ground.pool);
    events = await ground.open('consumer');
  });
  beforeEach(async () => {
    topic = await ground.createTopic();
    interfere = () => undefined;
  });
  afterEach(async () => {
    await consumer?.stop();
    await lettersConsumption?.stop();
    consumer = lettersConsumption = undefined;
  });
  afterAll(() => ground.stop(), 30_000);

  const start = async (more: Partial<Pick<ConsumerOptions, 'failpoint' | 'parkingCapacity'>> = {}) => {
    const name = topic;
    const handler = on(countedCodec, async ({ by }, cause) => {
      await interfere(cause.subject, by);
      return noteEffect(ground.pool, { consumer: name, subject: cause.subject, value: by, cause });
    });
    const next = createConsumer({
      consumer: name,
      events,
      pool: ground.pool,
      logger: silent,
      measures: noMeasures,
      handlers: { [topic]: { [countedType]: handler } },
      onCrash: (error) => {
        throw error;
      },
      ...more,
    });
    await next.start();
    consumer = next;
    return next;
  };
  const letters = async () => {
    const seen: IncomingMessage[] = [];
    lettersConsumption = await events.consume({
      group: `${topic}-letters`,
      topics: [`${topic}.dlq`],
      onBatch: (messages) => {
        seen.push(...messages);
        return Promise.resolve({ done: messages.length });
      },
      onCrash: () => undefined,
    });
    return seen;
  };
  const effects = (subject: string) => effectsOf(ground.pool, topic, subject);
  const parked = async (subject: string) => {
    const { rows } = await ground.pool.query<{ sequence: number }>(
      'select sequence from inbox_parked where consumer = $1 and subject = $2 order by sequence',
      [topic, subject],
    );
    return rows.map(({ sequence }) => sequence);
  };
  const hasEffects = (subject: string, ...values: number[]) =>
    until(`${subject} has had ${String(values)}`, async () => {
      const found = await effects(subject);
      return found.length >= values.length && String(found) === String(values);
    });

  it('buries what is no message of ours, what cannot be decoded and what is refused, and goes on', async () => {
    const [subject, other] = [randomUUID(), randomUUID()];
    interfere = (_subject, by) => {
      if (by === 3) throw new ServiceError('conflict', 'Never so.');
    };
    const seen = await letters();
    await start();
    await events.publish(topic, [
      { key: subject, headers: { origin: 'somewhere' }, value: Buffer.from('garbage') },
      countedMessage(subject, 1),
      countedMessage(subject, 2, { value: Buffer.from('{'), headers: { note: 'kept' } }),
      countedMessage(subject, 3),
      countedMessage(subject, 4),
      countedMessage(other, 1),
    ]);
    await hasEffects(subject, 1, 4);
    await hasEffects(other, 1);
    await until('three letters are there', () => seen.length === 3);
    const byClass = (kindOf: string) => seen.find(({ headers }) => headers['dlq_class'] === kindOf);
    expect(byClass('undecodable')).toMatchObject({
      key: subject,
      headers: { origin: 'somewhere', dlq_topic: topic },
    });
    expect(byClass('undecodable')?.value.toString()).toBe('garbage');
    expect(byClass('invalid')).toMatchObject({
      key: subject,
      headers: { note: 'kept', ce_sequence: '2', dlq_error_code: 'invalid_argument', dlq_consumer: topic },
    });
    expect(byClass('invalid')?.value.toString()).toBe('{');
    expect(byClass('rejected')?.headers).toMatchObject({
      ce_sequence: '3',
      dlq_error_code: 'conflict',
      dlq_attempts: '1',
    });
    expect(byClass('rejected')?.headers).toEqual(
      expect.objectContaining({
        dlq_partition: expect.stringMatching(/^\d$/),
        dlq_offset: expect.stringMatching(/^\d+$/),
      }),
    );
  });

  it('is not held up by headers that no database can hold', async () => {
    const subject = randomUUID();
    const seen = await letters();
    await start();
    await events.publish(topic, [
      countedMessage(subject, 1),
      countedMessage(subject, 99_999_999_999),
      { ...countedMessage('x'.repeat(5000), 1), key: subject },
      countedMessage(subject, 2),
    ]);
    await hasEffects(subject, 1, 2);
    await until('two letters are there', () => seen.length === 2);
    expect(seen.map(({ headers }) => headers['dlq_class'])).toEqual(['undecodable', 'undecodable']);
  });

  it('takes a replayed dead letter once its cause is mended', async () => {
    const subject = randomUUID();
    let refuses = true;
    interfere = (_subject, by) => {
      if (by === 2 && refuses) throw new ServiceError('not_found', 'Not yet.');
    };
    const seen = await letters();
    await start();
    await events.publish(
      topic,
      [1, 2, 3].map((n) => countedMessage(subject, n)),
    );
    await hasEffects(subject, 1, 3);
    await until('its letter is there', () => seen.length === 1);
    refuses = false;
    const [letter] = seen;
    if (!letter) throw new Error('no letter');
    await events.publish(topic, [letter, letter, countedMessage(subject, 4)]);
    await hasEffects(subject, 1, 3, 2, 4);
  });

  it('brings again what cannot be done now, and does not hold back other keys', async () => {
    const subjects = Array.from({ length: 12 }, () => randomUUID());
    const [stuck = '', ...others] = subjects;
    const away = gate();
    let tries = 0;
    let isAway = true;
    interfere = (subject) => {
      if (subject !== stuck || !isAway) return;
      tries += 1;
      if (tries === 3) away.open();
      throw new ServiceError('unavailable', 'The database is away.');
    };
    await start();
    await events.publish(
      topic,
      [1, 2].flatMap((n) => subjects.map((subject) => countedMessage(subject, n))),
    );
    await Promise.all(others.map((subject) => hasEffects(subject, 1, 2)));
    await away.opened;
    expect(await effects(stuck)).toEqual([]);
    isAway = false;
    await hasEffects(stuck, 1, 2);
    for (const subject of others) expect(await effects(subject)).toEqual([1, 2]);
  });

  it('takes note of a type it does not know and passes on', async () => {
    const subject = randomUUID();
    await start();
    await events.publish(topic, [
      countedMessage(subject, 1),
      countedMessage(subject, 2, { type: 'toy.v1.Renamed', value: Buffer.from('?') }),
      countedMessage(subject, 3),
    ]);
    await hasEffects(subject, 1, 3);
    const { rows } = await ground.pool.query(
      'select sequence, state from inbox where consumer = $1 and subject = $2 order by sequence',
      [topic, subject],
    );
    expect(rows).toEqual([
      { sequence: 1, state: 'applied' },
      { sequence: 2, state: 'skipped' },
      { sequence: 3, state: 'applied' },
    ]);
  });

  it('parks what stands behind a gap, and goes on with it once the gap is filled, wherever that comes from', async () => {
    const [subject, other, third] = [randomUUID(), randomUUID(), randomUUID()];
    await start();
    for (const [late, key] of [
      [subject, subject],
      [other, await keyElsewhere(other)],
    ] as const) {
      await events.publish(topic, [
        countedMessage(late, 1),
        countedMessage(late, 4),
        countedMessage(late, 3),
      ]);
      await until('both are parked', async () => (await parked(late)).length === 2);
      expect(await effects(late)).toEqual([1]);
      await events.publish(topic, [{ ...countedMessage(late, 2), key }, countedMessage(third, 1)]);
      await hasEffects(late, 1, 2, 3, 4);
      await until('the lot is empty', async () => (await parked(late)).length === 0);
    }
  });

  it('parks a message that must be buried behind a gap, and buries it once', async () => {
    const subject = randomUUID();
    const seen = await letters();
    await start();
    await events.publish(topic, [
      countedMessage(subject, 1),
      countedMessage(subject, 3, { value: Buffer.from('{') }),
      countedMessage(subject, 4),
      countedMessage(subject, 2),
    ]);
    await hasEffects(subject, 1, 2, 4);
    await until('its letter is there', () => seen.length >= 1);
    expect(seen.map(({ headers }) => headers['ce_sequence'])).toEqual(['3']);
  });

  it('parks what cannot be done now, for the rest of the partition to go on, and keeps the order', async () => {
    const [stuck, other] = [randomUUID(), randomUUID()];
    let isAway = true;
    interfere = (subject, by) => {
      if (subject === stuck && by === 5 && isAway) throw new ServiceError('unavailable', 'It is away.');
    };
    await start();
    // One key for both subjects, so that they share a partition, and no event of the stuck one is known before.
    const shared = (subject: string, n: number) => ({ ...countedMessage(subject, n), key: stuck });
    await events.publish(topic, [shared(stuck, 5), shared(other, 1), shared(stuck, 6), shared(other, 2)]);
    await hasEffects(other, 1, 2);
    await until('all of the partition is committed', async () => {
      const [figures] = await events.figures([topic], [topic]);
      return figures?.committed[topic] === 4;
    });
    expect(await parked(stuck)).toEqual([5, 6]);
    isAway = false;
    await hasEffects(stuck, 5, 6);
  });

  it('leaves parked messages to the next instance', async () => {
    const subject = randomUUID();
    await start();
    await events.publish(topic, [countedMessage(subject, 1), countedMessage(subject, 3)]);
    await until('it is parked', async () => (await parked(subject)).length === 1);
    await consumer?.stop();
    await start();
    await events.publish(topic, [countedMessage(subject, 2)]);
    await hasEffects(subject, 1, 2, 3);
  });

  it('holds the partition when the lot is full', async () => {
    const subject = randomUUID();
    await start({ parkingCapacity: 1 });
    await events.publish(
      topic,
      [1, 3, 4, 5].map((n) => countedMessage(subject, n)),
    );
    await until('one is parked', async () => (await parked(subject)).length === 1);
    await events.publish(topic, [{ ...countedMessage(subject, 2), key: await keyElsewhere(subject) }]);
    await hasEffects(subject, 1, 2, 3, 4, 5);
  });

  it('does once what is delivered again after a crash between effect and commit', async () => {
    const subject = randomUUID();
    let crashes = 2;
    await start({
      failpoint: (name) => {
        if (name !== 'consumer.after-effect-before-commit' || crashes === 0) return Promise.resolve();
        crashes -= 1;
        return Promise.reject(new Error('crashed'));
      },
    });
    await events.publish(
      topic,
      [1, 2, 3].map((n) => countedMessage(subject, n)),
    );
    await until('it crashed and all is committed', async () => {
      const [figures] = await events.figures([topic], [topic]);
      return crashes === 0 && figures?.committed[topic] === 3;
    });
    expect(await effects(subject)).toEqual([1, 2, 3]);
  });

  it('finishes what is in hand when it stops, and leaves the rest for the next', async () => {
    const subject = randomUUID();
    const [begun, held] = [gate(), gate()];
    interfere = async (_subject, by) => {
      if (by !== 1) return;
      begun.open();
      await held.opened;
    };
    await start();
    await events.publish(topic, [countedMessage(subject, 1)]);
    await begun.opened;
    const stopping = consumer?.stop();
    await events.publish(topic, [countedMessage(subject, 2)]);
    held.open();
    await stopping;
    expect(await effects(subject)).toEqual([1]);
    await start();
    await hasEffects(subject, 1, 2);
  });

  /** A key that belongs to another partition than this one. */
  const keyElsewhere = async (key: string): Promise<string> => {
    const { partitionOf } = await import('./local/partition.js');
    const keys = Array.from({ length: 50 }, () => randomUUID());
    return keys.find((candidate) => partitionOf(candidate, 6) !== partitionOf(key, 6)) ?? '';
  };
});

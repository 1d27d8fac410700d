import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { numbered, numberIn, startEventGround, type EventGround } from '../testing/event-ground.js';
import { canRunKafka } from '../testing/kafka.js';
import { gate, until } from '../testing/until.js';
import type { BatchOutcome, Consumption, EventTransport, IncomingMessage } from './index.js';

const kinds = ['local', ...((await canRunKafka()) ? ['kafka' as const] : [])] as const;

describe.each(kinds)('the %s transport', (kind) => {
  let ground: EventGround;
  let events: EventTransport;
  const running: Consumption[] = [];

  beforeAll(async () => {
    ground = await startEventGround(kind);
    events = await ground.open('first');
  });
  afterEach(async () => {
    await Promise.all(running.splice(0).map((consumption) => consumption.stop()));
  });
  afterAll(() => ground.stop(), 30_000);

  const consume = async (
    options: { group: string; topic: string; on?: EventTransport },
    onBatch: (messages: readonly IncomingMessage[], signal: AbortSignal) => Promise<BatchOutcome>,
  ) => {
    const { group, topic, on = events } = options;
    const onCrash = (error: Error) => {
      throw error;
    };
    const consumption = await on.consume({ group, topics: [topic], onBatch, onCrash });
    running.push(consumption);
    return consumption;
  };
  const collector = () => {
    const byKey = new Map<string, number[]>();
    const take = (messages: readonly IncomingMessage[]) => {
      for (const message of messages)
        byKey.set(message.key, [...(byKey.get(message.key) ?? []), numberIn(message)]);
    };
    const onBatch = (messages: readonly IncomingMessage[]) => {
      take(messages);
      return Promise.resolve({ done: messages.length });
    };
    const distinct = () => [...byKey.values()].reduce((sum, numbers) => sum + new Set(numbers).size, 0);
    return { byKey, take, onBatch, distinct };
  };
  const committed = async (topic: string, group: string) =>
    (await events.figures([topic], [group]))[0]?.committed[group] ?? 0;
  const keys = Array.from({ length: 20 }, () => randomUUID());
  const ten = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10];
  const publishTen = async (topic: string) => {
    for (const n of ten)
      await events.publish(
        topic,
        keys.map((key) => numbered(key, n)),
      );
  };

  it('gives each group every message, in the order of its key, with headers, key and value', async () => {
    const topic = await ground.createTopic();
    const groups = [collector(), collector()];
    const seen: IncomingMessage[] = [];
    const header = { ce_type: 'é, a type', empty: '' };
    await events.publish(topic, [{ key: 'a key', headers: header, value: Buffer.from([0, 255, 10]) }]);
    await publishTen(topic);
    for (const [index, group] of groups.entries()) {
      await consume({ group: `${topic}-${String(index)}`, topic }, (messages) => {
        if (index === 0) seen.push(...messages);
        return group.onBatch(messages);
      });
    }
    await until('both groups have all', () => groups.every((group) => group.distinct() === 201));
    for (const { byKey } of groups) for (const key of keys) expect(byKey.get(key)).toEqual(ten);
    const odd = seen.find(({ key }) => key === 'a key');
    expect(odd).toMatchObject({ topic, headers: header });
    expect([...(odd?.value ?? [])]).toEqual([0, 255, 10]);
  });

  it('commits only what is done, and brings the rest again after its pause', async () => {
    const topic = await ground.createTopic();
    const group = `${topic}-g`;
    const seen: number[][] = [];
    const held = gate();
    await events.publish(
      topic,
      ten.map((n) => numbered('k', n)),
    );
    await consume({ group, topic }, async (messages) => {
      seen.push(messages.map(numberIn));
      if (seen.length === 1) return { done: 4, retryAfterMs: 50 };
      await held.opened;
      return { done: messages.length };
    });
    await until('it came again', () => seen.length === 2);
    expect(seen[1]).toEqual([5, 6, 7, 8, 9, 10]);
    expect(await committed(topic, group)).toBe(4);
    held.open();
    await until('all is committed', async () => (await committed(topic, group)) === 10);
  });

  it('brings messages again when the handler fell over before the commit', async () => {
    const topic = await ground.createTopic();
    const { onBatch, byKey } = collector();
    let fallen = false;
    await events.publish(
      topic,
      ten.map((n) => numbered('k', n)),
    );
    await consume({ group: `${topic}-g`, topic }, async (messages) => {
      if (fallen) return onBatch(messages);
      fallen = true;
      throw new Error('fell over');
    });
    await until('all came', () => byKey.get('k')?.length === 10);
    expect(byKey.get('k')).toEqual(ten);
  });

  it('hands the partitions of a member that hangs to another one, and lets the old one commit no more', async () => {
    const topic = await ground.createTopic();
    const group = `${topic}-g`;
    const held = gate();
    let hung = 0;
    const lost: AbortSignal[] = [];
    await publishTen(topic);
    const old = await ground.open('old');
    await consume({ group, topic, on: old }, async (_messages, signal) => {
      hung += 1;
      lost.push(signal);
      await held.opened;
      return { done: 1 };
    });
    await until('the old one hangs', () => hung > 0);
    const { onBatch, distinct, byKey } = collector();
    const young = await ground.open('young');
    await consume({ group, topic, on: young }, onBatch);
    const share = () => [...byKey.keys()].length > 0;
    await until('the young one has a share', share);
    held.open();
    await running[0]?.stop();
    await until('everything came to the young one or was done before', async () => {
      await Promise.resolve();
      return distinct() >= 200 - 6;
    });
    await until('all is committed', async () => (await committed(topic, group)) === 200);
    for (const numbers of byKey.values()) expect(numbers).toEqual(ten.slice(-numbers.length));
  });

  it('loses nothing and keeps the order of keys while members join and leave', async () => {
    const topic = await ground.createTopic();
    const group = `${topic}-g`;
    const firstSeen = new Map<string, number[]>();
    const take = (messages: readonly IncomingMessage[]) => {
      for (const message of messages) {
        const numbers = firstSeen.get(message.key) ?? [];
        if (!numbers.includes(numberIn(message))) numbers.push(numberIn(message));
        firstSeen.set(message.key, numbers);
      }
      return Promise.resolve({ done: messages.length });
    };
    const shares = [0, 0];
    const members: Consumption[] = [];
    let n = 0;
    const over = new AbortController();
    const writing = (async () => {
      while (!over.signal.aborted) {
        n += 1;
        const number = n;
        await events.publish(
          topic,
          keys.map((key) => numbered(key, number)),
        );
      }
    })();
    const join = async (index: number) => {
      const on = await ground.open(`member-${String(index)}`);
      members[index] = await consume({ group, topic, on }, (messages) => {
        shares[index] = (shares[index] ?? 0) + messages.length;
        return take(messages);
      });
    };
    await join(0);
    await until('the first works', () => (shares[0] ?? 0) > 0);
    await join(1);
    await until('the second works', () => (shares[1] ?? 0) > 0);
    await members[0]?.stop();
    over.abort();
    await writing;
    await until('all came', () => keys.every((key) => firstSeen.get(key)?.length === n));
    const all = Array.from({ length: n }, (_, index) => index + 1);
    for (const key of keys) expect(firstSeen.get(key)).toEqual(all);
  });

  it('stops soon, idle or between retries', async () => {
    const topic = await ground.createTopic();
    const idle = await consume({ group: `${topic}-idle`, topic }, () => Promise.resolve({ done: 0 }));
    const before = performance.now();
    await idle.stop();
    expect(performance.now() - before).toBeLessThan(10_000);

    let tries = 0;
    await events.publish(topic, [numbered('k', 1)]);
    const stuck = await consume({ group: `${topic}-stuck`, topic }, () => {
      tries += 1;
      return Promise.resolve({ done: 0, retryAfterMs: 60_000 });
    });
    await until('it was tried', () => tries === 1);
    const then = performance.now();
    await stuck.stop();
    expect(performance.now() - then).toBeLessThan(10_000);
    expect(await committed(topic, `${topic}-stuck`)).toBe(0);
  });

  it('refuses to publish to a topic that is not there', async () => {
    await expect(events.publish(`toy.${randomUUID()}`, [numbered('k', 1)])).rejects.toThrow();
  });

  it('takes a message from publish to handler in milliseconds', async () => {
    const topic = await ground.createTopic();
    let arrived: (at: number) => void = () => undefined;
    await consume({ group: `${topic}-g`, topic }, (messages) => {
      arrived(performance.now());
      return Promise.resolve({ done: messages.length });
    });
    const times: number[] = [];
    for (let n = 0; n < 300; n += 1) {
      const arrival = new Promise<number>((resolve) => {
        arrived = resolve;
      });
      const start = performance.now();
      await events.publish(topic, [numbered(String(n % 50), n)]);
      times.push((await arrival) - start);
    }
    const sorted = times.slice(100).sort((a, b) => a - b);
    const [p50, p99] = [sorted[100] ?? NaN, sorted[197] ?? NaN];
    process.stderr.write(`${kind}: publish to handler p50 ${p50.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms\n`);
    expect(p50).toBeLessThan(1000);
  });
});

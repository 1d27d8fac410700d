import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { createEvents } from '@souk/comms/events';
import { createLogger } from '@souk/comms/telemetry';
import { need, newPerson, openSystem, until } from '@souk/testkit';
import { expectInvariants } from './support/invariants.js';
import { orderOf, orderUntil, placed, placedInSpite, stocked, type Order } from './support/shop.js';

const system = await openSystem();
const suite = need(system, 'kill', 'failpoint', 'sql') ? describe : describe.skip;

let token: string;
let product: string;

beforeAll(async () => {
  token = (await newPerson(system)).accessToken;
  product = await stocked(system, 1000);
});

const ends = (order: Order): Promise<Order> =>
  orderUntil(system, { id: order.id, token, withinMs: 60_000 }, 'paid', 'cancelled');

const isDown = (instance: string, before: number | undefined): Promise<true> =>
  until(async () => (await system.control.pids())[instance] !== before, {
    withinMs: 20_000,
    what: `${instance} has ended`,
  });

/** `npm run events` on this system. */
const operate = async (...args: string[]): Promise<string> => {
  const runner = fileURLToPath(new URL('../../../infra/run.mjs', import.meta.url));
  const { eventsUrl } = system.inside;
  const { stdout } = await promisify(execFile)(process.execPath, [
    ...[runner, 'events', ...args, '--events-url', eventsUrl],
  ]);
  return stdout.slice(stdout.search(/^(id |\{|There|Replayed|Dropped)/m));
};

suite('a fault', () => {
  afterEach(async () => {
    await system.control.ready();
    await expectInvariants(system, 45_000);
  });

  // One of each kind: `npm run chaos` has every named point of every service.
  it.each([
    ['order-1', 'relay.before-publish'],
    ['order-1', 'consumer.after-effect-before-commit'],
    ['payment-1', 'relay.after-publish-before-mark'],
    ['payment-1', 'payment.after-capture-before-record'],
  ])('in %s at %s loses nothing and doubles nothing', async (instance, failpoint) => {
    await system.control.restart(instance, { FAILPOINT: failpoint });
    const armed = (await system.control.pids())[instance];
    const order = await placedInSpite(system, token, orderOf(product));
    await isDown(instance, armed);
    const ended = await ends(order);
    expect(['paid', 'cancelled']).toContain(ended.status);
  });

  it.each(['order-1', 'payment-1', 'product-1'])(
    'of %s, killed while orders run, lets all of them end',
    async (instance) => {
      const before = (await system.control.pids())[instance];
      const placing = Array.from({ length: 30 }, () => placedInSpite(system, token, orderOf(product)));
      await Promise.race(placing);
      await system.control.kill(instance, 'SIGKILL');
      await isDown(instance, before);
      const orders = await Promise.all(placing);
      expect(new Set(orders.map(({ id }) => id)).size).toBe(30);
      await Promise.all(orders.map(ends));
    },
  );

  it('in a message sends it to the dead letters, and its partition goes on', async () => {
    const logger = createLogger({ service: 'e2e', instance: 'e2e', level: 'silent' });
    const events = await createEvents({ url: system.inside.eventsUrl, clientId: 'e2e', logger });
    try {
      const letters = async (): Promise<number> =>
        (await events.figures(['order.events.v1.dlq'], []))[0]?.produced ?? 0;
      const before = await letters();
      const orders = await Promise.all(
        Array.from({ length: 6 }, () => placed(system, token, orderOf(product))),
      );
      await events.publish(
        'order.events.v1',
        orders.map(({ id }) => ({
          key: id,
          headers: {
            ce_id: randomUUID(),
            ce_type: 'souk.order.v1.OrderPlaced',
            ce_subject: randomUUID(),
            ce_sequence: '1',
          },
          value: Buffer.from([0xff, 0xff, 0xff, 0xff]),
        })),
      );
      await until(async () => (await letters()) >= before + orders.length, {
        withinMs: 20_000,
        what: 'the messages are among the dead letters',
      });
      await Promise.all(orders.map(({ id }) => orderUntil(system, { id, token, withinMs: 30_000 }, 'paid')));

      const listed = await operate('list');
      expect(listed).toContain('souk.order.v1.OrderPlaced');
      expect(listed).toMatch(/order\.events\.v1:\d:\d+ .* invalid/);
      const [letter = ''] = /order\.events\.v1:\d:\d+/.exec(listed) ?? [];
      expect(JSON.parse(await operate('show', letter))).toMatchObject({
        id: letter,
        payload: { base64: '/////w==' },
      });
      expect(await operate('replay', letter)).toContain('Replayed: 1.');
      await until(async () => !(await operate('list')).includes(`${letter} `), {
        withinMs: 10_000,
        what: 'the replayed letter is listed no longer',
      });
      await operate('drop', '--all');
      expect(await operate('list')).not.toContain(letter);
    } finally {
      await events.close();
    }
  });
});

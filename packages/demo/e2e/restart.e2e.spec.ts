import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { need, openSystem, until } from '@souk/testkit';
import { expectInvariants } from './support/invariants.js';
import { startLoad, type Load } from './support/load.js';
import { stocked } from './support/shop.js';

const system = await openSystem();
const suite = need(system, 'scale', 'kill', 'sql') ? describe : describe.skip;
const services = ['identity', 'product', 'order', 'payment', 'system'] as const;

/** Long enough for the gateway and the peers to hear that an instance leaves. */
const drain = { SHUTDOWN_DRAIN_MS: '1500' };

const moreAnswers = (load: Load, count: number): Promise<true> => {
  const target = load.answered() + count;
  return until(() => load.answered() >= target, { withinMs: 30_000, what: 'the load goes on' });
};

suite('a service that is restarted under load', () => {
  let product: string;

  beforeAll(async () => {
    product = await stocked(system, 1_000_000);
    await Promise.all(services.map((service) => system.control.scale(service, 2)));
    for (const service of services) await system.control.restart(`${service}-1`, drain);
  });
  afterAll(async () => {
    await Promise.all(services.map((service) => system.control.scale(service, 1)));
    await system.control.ready();
    await expectInvariants(system, 60_000);
  });

  it.each(services)('%s: no request fails, and nothing is lost', async (service) => {
    const load = await startLoad(system, product);
    try {
      await moreAnswers(load, 50);
      await system.control.restart(`${service}-1`);
      await moreAnswers(load, 50);
    } finally {
      expect(await load.stop()).toEqual([]);
    }
  });
});

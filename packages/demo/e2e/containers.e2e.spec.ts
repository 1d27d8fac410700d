import { beforeAll, describe, expect, it } from '@jest/globals';
import { call, expectStatus, need, newPerson, openSystem, until } from '@souk/testkit';
import { startLoad, type Load } from './support/load.js';
import { orderOf, orderUntil, placed, placedInSpite, stocked, type Order } from './support/shop.js';

const system = await openSystem();
const suite = need(system, 'containers') ? describe : describe.skip;

const plenty = 900_000;
let product: string;
let token: string;

const { compose, docker, containersOf } = system.capabilities.has('containers')
  ? system.containers
  : ({} as typeof system.containers);

interface Health {
  readonly status: string;
  readonly services: { name: string; instances: { id: string; address: string; status: string }[] }[];
}

const passing = async (service: string): Promise<string[]> => {
  const { body } = await call<Health>(system.url, 'GET /healthz');
  const found = body.services.find(({ name }) => name === service)?.instances ?? [];
  return found.filter(({ status }) => status === 'passing').map(({ address }) => address);
};

const passingAre = (service: string, count: number): Promise<true> =>
  until(async () => (await passing(service)).length === count, {
    withinMs: 60_000,
    what: `${String(count)} instances of ${service} pass`,
    everyMs: 250,
  });

/** How many requests each instance got from nginx since then, by address. */
async function spreadOf(service: string, since: string): Promise<Map<string, number>> {
  const log = await compose('logs', '--no-color', '--no-log-prefix', '--since', since, 'gateway');
  const counts = new Map<string, number>();
  for (const line of log.split('\n').filter((text) => text.startsWith('{'))) {
    const { to, upstream } = JSON.parse(line) as { to: string; upstream: string };
    const address = upstream.split(', ').at(-1)?.split(':')[0] ?? '';
    if (to === service) counts.set(address, (counts.get(address) ?? 0) + 1);
  }
  return counts;
}

const moreAnswers = async (load: Load, count: number): Promise<void> => {
  const target = load.answered() + count;
  await until(() => load.answered() >= target, { withinMs: 60_000, what: 'the load goes on' });
};

const during = async (work: (load: Load) => Promise<void>): Promise<void> => {
  const load = await startLoad(system, product);
  await moreAnswers(load, 50);
  try {
    await work(load);
    await moreAnswers(load, 100);
  } finally {
    expect(await load.stop()).toEqual([]);
  }
};

const wholeAgain = (): Promise<true> =>
  until(async () => (await call(system.url, 'GET /healthz')).status === 200, {
    withinMs: 90_000,
    what: 'the whole is well',
    everyMs: 500,
  });

const ended = (order: Order): Promise<Order> =>
  orderUntil(system, { id: order.id, token, withinMs: 90_000 }, 'paid', 'cancelled');

suite('containers', () => {
  beforeAll(async () => {
    token = (await newPerson(system)).accessToken;
    product = await stocked(system, plenty);
  });

  it('are spread over by nginx, as soon as there are more of them', async () => {
    await compose(
      'up',
      '--detach',
      '--no-deps',
      '--no-recreate',
      '--wait',
      '--scale',
      'product=3',
      'product',
    );
    await passingAre('product', 3);
    const since = new Date().toISOString();
    await until(
      async () => {
        await Promise.all(Array.from({ length: 60 }, () => call(system.url, 'GET /api/products?limit=1')));
        const spread = [...(await spreadOf('product', since)).values()];
        return spread.length === 3 && Math.min(...spread) * 6 > Math.max(...spread);
      },
      { withinMs: 30_000, what: 'three instances have their share', everyMs: 500 },
    );
  }, 180_000);

  it('may be killed under load: no request fails', async () => {
    const [victim = ''] = await containersOf('product');
    await during(async (load) => {
      await docker('kill', victim);
      await moreAnswers(load, 300);
    });
    await docker('start', victim);
    await passingAre('product', 3);
    await compose('up', '--detach', '--no-deps', '--no-recreate', '--scale', 'product=2', 'product');
    await passingAre('product', 2);
  }, 240_000);

  it.each(['identity', 'product', 'order', 'payment', 'system'])(
    'of %s are replaced one by one under load: no request fails',
    async (service) => {
      const old = await containersOf(service);
      await during(async (load) => {
        const count = `${service}=${String(old.length + 1)}`;
        await compose('up', '--detach', '--no-deps', '--no-recreate', '--wait', '--scale', count, service);
        await passingAre(service, old.length + 1);
        await moreAnswers(load, 50);
        const [first = ''] = old;
        await docker('stop', first);
        await docker('rm', first);
        await passingAre(service, old.length);
      });
    },
    240_000,
  );

  it('outlive a registry that is stopped, wiped and started again: no request fails', async () => {
    await during(async (load) => {
      await compose('rm', '--stop', '--force', 'registry');
      await moreAnswers(load, 100);
      const volumes = await docker(
        'volume',
        'ls',
        '--quiet',
        '--filter',
        'label=com.docker.compose.volume=registry',
      );
      for (const volume of volumes.trim().split('\n')) await docker('volume', 'rm', volume);
      await compose('up', '--detach', '--no-deps', '--wait', 'registry');
      await wholeAgain();
      await moreAnswers(load, 100);
    });
  }, 240_000);

  it.each([
    ['kafka', 30_000],
    ['postgres', 10_000],
  ])(
    'let every order end, when %s was away for %i ms',
    async (service, awayMs) => {
      const before = await Promise.all(
        Array.from({ length: 5 }, () => placed(system, token, orderOf(product))),
      );
      await compose('stop', service);
      const backAt = Date.now() + awayMs;
      const meanwhile = Array.from({ length: 5 }, () => placedInSpite(system, token, orderOf(product)));
      await until(() => Date.now() >= backAt, { withinMs: awayMs + 1000, what: 'it was away long enough' });
      await compose('start', service);
      const orders = [...before, ...(await Promise.all(meanwhile))];
      await Promise.all(orders.map(ended));
      const after = await placedInSpite(system, token, orderOf(product));
      expect((await orderUntil(system, { id: after.id, token, withinMs: 90_000 }, 'paid')).status).toBe(
        'paid',
      );
      await wholeAgain();
    },
    300_000,
  );

  it('keep their data when all of them are taken down and brought up again', async () => {
    const order = await placed(system, token, orderOf(product));
    const paid = await orderUntil(system, { id: order.id, token, withinMs: 60_000 }, 'paid');
    await compose('down');
    await compose('up', '--wait');
    const { body } = await expectStatus(
      200,
      call<Order>(system.url, `GET /api/orders/${order.id}`, { token }),
    );
    expect(body).toEqual(paid);
    await wholeAgain();
  }, 400_000);
});

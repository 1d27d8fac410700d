import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { balancesOf, imbalance } from './testing/books.js';
import { eventually } from './testing/eventually.js';
import { kindsAtProvider, startGround, type Ground } from './testing/ground.js';
import { openShop, type Shop, type TestOrder } from './testing/shop.js';

let ground: Ground;
let shop: Shop;
const children = new Set<ChildProcess>();

beforeAll(async () => {
  ground = await startGround();
  shop = await openShop(ground);
});

afterEach(async () => {
  await Promise.all([...children].map(kill));
});

afterAll(async () => {
  await shop.stop();
  await ground.stop();
});

/** The service as a process of its own, which ends itself at the failpoint if there is one. */
async function launch(failpoint = ''): Promise<ChildProcess> {
  const settings = Object.entries({ ...ground.config, FAILPOINT: failpoint });
  const child = spawn(
    process.execPath,
    ['--conditions=@souk/source', '--import', 'tsx', join(import.meta.dirname, 'main.ts')],
    {
      env: {
        PATH: process.env['PATH'],
        ...Object.fromEntries(settings.map(([key, value]) => [key, String(value)])),
      },
      stdio: ['pipe', 'ignore', 'inherit'],
    },
  );
  children.add(child);
  const isReady = () =>
    fetch(`http://127.0.0.1:${String(ground.config.HTTP_PORT)}/health/ready`).then(
      ({ ok }) => ok,
      () => false,
    );
  await eventually(isReady, Boolean);
  return child;
}

async function kill(child: ChildProcess): Promise<void> {
  children.delete(child);
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGKILL');
  await once(child, 'exit');
}

async function dies(child: ChildProcess): Promise<void> {
  if (child.signalCode === null) await once(child, 'exit');
  expect(child.signalCode).toBe('SIGKILL');
  children.delete(child);
}

const statementOf = (order: TestOrder) => kindsAtProvider(ground, order);
const point = (operation: string): string => `payment.after-${operation}-before-record`;

describe('a worker killed between the provider and the record', () => {
  it('of an authorization: the next one asks and finds it', async () => {
    const doomed = await launch(point('authorize'));
    const order = await shop.place('tok_visa');
    await dies(doomed);
    expect(await statementOf(order)).toEqual(['authorized']);
    await launch();
    expect(await shop.heard(order, 'Authorized')).toEqual(['Started', 'Authorized']);
    expect(await statementOf(order)).toEqual(['authorized']);
  });

  it('of a capture: it is captured exactly once', async () => {
    const first = await launch();
    const order = await shop.place('tok_visa');
    await shop.heard(order, 'Authorized');
    await kill(first);
    const doomed = await launch(point('capture'));
    await shop.confirm(order);
    await dies(doomed);
    expect(await statementOf(order)).toEqual(['authorized', 'captured']);
    await launch();
    expect(await shop.heard(order, 'Captured')).toEqual(['Started', 'Authorized', 'Captured']);
    expect(await statementOf(order)).toEqual(['authorized', 'captured']);
    expect(await balancesOf(ground.pool, order)).toEqual({ provider: 1999, sales: -1999 });
    expect(await imbalance(ground.pool)).toEqual([]);
  });
});

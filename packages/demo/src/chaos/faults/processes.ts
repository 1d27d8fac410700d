import { setTimeout as delay } from 'node:timers/promises';
import { oneOf, until } from '@souk/testkit';
import type { ChaosGround } from '../ground.js';
import { between, type Fault } from './fault.js';

const pidOf = ({ system }: ChaosGround, instance: string): number | undefined =>
  system.processes.find((process) => process.instance === instance)?.pid;

const back = (ground: ChaosGround, instance: string, before: number | undefined): Promise<true> =>
  until(
    () => {
      const now = pidOf(ground, instance);
      return now !== undefined && now !== before;
    },
    { withinMs: 30_000, what: `${instance} is back` },
  );

/** Killed, and started again by its supervisor. */
export async function killed(ground: ChaosGround, instance: string): Promise<void> {
  const before = pidOf(ground, instance);
  // Down already: its supervisor is about to bring it back.
  if (before !== undefined) ground.system.kill(instance);
  await back(ground, instance, before);
}

const instancesOf = ({ system }: ChaosGround, kind: string): string[] =>
  system.processes.filter((process) => process.kind === kind).map(({ instance }) => instance);

/** Each is a place where what was done and what is known of it differ. */
const failpoints: Readonly<Record<string, readonly string[]>> = {
  'kill-before-commit': ['order-1 order.before-commit'],
  'kill-after-commit': ['order-1 order.after-commit-before-reply'],
  'kill-before-publish': [
    'order-1 relay.before-publish',
    'payment-1 relay.before-publish',
    'product-1 relay.before-publish',
  ],
  'kill-before-mark': [
    'order-1 relay.after-publish-before-mark',
    'payment-1 relay.after-publish-before-mark',
    'product-1 relay.after-publish-before-mark',
  ],
  'kill-before-offset-commit': [
    'order-1 consumer.after-effect-before-commit',
    'payment-1 consumer.after-effect-before-commit',
    'product-1 consumer.after-effect-before-commit',
  ],
  'kill-mid-authorize': ['payment-1 payment.after-authorize-before-record'],
  'kill-mid-capture': ['payment-1 payment.after-capture-before-record'],
  'kill-mid-void': ['payment-1 payment.after-void-before-record'],
  'kill-mid-refund': ['payment-1 payment.after-refund-before-record'],
};
const comesToItWithinMs = 6000;

const failpointFaults: Fault[] = Object.entries(failpoints).map(([name, places]) => ({
  name,
  says: `a service kills itself at ${places.map((place) => place.split(' ')[1]).at(0) ?? ''}`,
  strike: async (ground, random) => {
    const [instance = '', failpoint = ''] = oneOf(random, places).split(' ');
    await ground.system.restart(instance, { FAILPOINT: failpoint });
    const armed = pidOf(ground, instance);
    const reached = await Promise.race([
      back(ground, instance, armed).then(() => true),
      delay(comesToItWithinMs, false),
    ]);
    // Not every run comes by there; the failpoint must not stay armed for the next.
    if (!reached) await ground.system.restart(instance);
    return { what: `${instance} at ${failpoint}${reached ? '' : ', which it did not come to'}` };
  },
}));

/** A process that believes that it is another hour; what it starts with is undone by the next start. */
const clockOffBy = (ms: number): string => {
  const source = `const now = Date.now.bind(Date); const Real = Date;
globalThis.Date = class extends Real {
  constructor(...given) { if (given.length) super(...given); else super(now() + ${String(ms)}); }
  static now() { return now() + ${String(ms)}; }
};`;
  return `--import=data:text/javascript,${encodeURIComponent(source)}`;
};
const hourMs = 3_600_000;

const killOf = (name: string, instance: string): Fault => ({
  name: `kill-${name}`,
  says: `the ${instance} is killed`,
  strike: async (ground) => {
    await killed(ground, instance);
    return { what: instance };
  },
});

export const processFaults: readonly Fault[] = [
  ...failpointFaults,
  {
    name: 'kill-service',
    says: 'a service is killed at any moment',
    strike: async (ground, random) => {
      const instance = oneOf(random, instancesOf(ground, 'service'));
      await delay(between(random, 0, 1000));
      await killed(ground, instance);
      return { what: instance };
    },
  },
  {
    name: 'kill-all-services',
    says: 'every service is killed at once',
    strike: async (ground) => {
      await Promise.all(instancesOf(ground, 'service').map((instance) => killed(ground, instance)));
      return { what: 'all' };
    },
  },
  {
    name: 'pause-service',
    says: 'a service sleeps past its leases and sessions, and wakes',
    strike: async (ground, random) => {
      const instance = oneOf(random, ['order-1', 'payment-1', 'product-1']);
      const ms = between(random, 11_000, 14_000);
      ground.system.pause(instance);
      await delay(ms);
      ground.system.resume(instance);
      return { what: `${instance} for ${String(Math.round(ms / 1000))} s` };
    },
  },
  killOf('gateway', 'gateway'),
  killOf('provider', 'payment-provider'),
  killOf('registry', 'registry'),
  {
    name: 'provider-lies',
    says: 'two in five answers of the provider are false: errors after the deed, torn, of another payment, refusals',
    strike: async ({ system }, random) => {
      await system.restart('payment-provider', { PROVIDER_LIE_RATE: '0.4' });
      const ms = between(random, 3000, 8000);
      await delay(ms);
      await system.restart('payment-provider');
      return { what: `for ${String(Math.round(ms / 1000))} s` };
    },
  },
  {
    name: 'clock-skew',
    says: 'a service believes that it is an hour earlier or later',
    strike: async (ground, random) => {
      const instance = oneOf(random, ['order-1', 'payment-1', 'product-1', 'identity-1']);
      const skewMs = oneOf(random, [-hourMs, hourMs]);
      await ground.system.restart(instance, { NODE_OPTIONS: clockOffBy(skewMs) });
      await delay(between(random, 1500, 3000));
      await ground.system.restart(instance);
      return { what: `${instance} by ${skewMs > 0 ? '+' : '-'}1 h` };
    },
  },
];

import { setTimeout as delay } from 'node:timers/promises';
import { oneOf, type Link, type LinkState, type Random } from '@souk/testkit';
import { between, type Fault } from './fault.js';

const states: readonly [LinkState, string][] = [
  ['cut', 'is cut: what is open is reset, and new connections too'],
  ['silent', 'is half-open: nothing passes, and nobody is told'],
  ['deaf', 'passes answers only'],
  ['mute', 'passes questions only'],
  ['slow', 'takes 150 ms for each piece'],
  ['lossy', 'loses one piece in twenty, which comes 250 ms late'],
];

/** Sorted, since it is chance which of the instances that start side by side is wired first. */
const drawn = (links: ReadonlyMap<string, Link>, random: Random): [string, Link] =>
  oneOf(
    random,
    [...links].sort(([a], [b]) => (a < b ? -1 : 1)),
  );

export const linkFaults: readonly Fault[] = [
  ...states.map(([state, says]): Fault => ({
    name: `link-${state}`,
    says: `a link between two parties ${says}`,
    strike: async ({ links }, random) => {
      const [name, link] = drawn(links, random);
      link.set(state);
      await delay(between(random, 1500, 6000));
      link.set('well');
      return { what: name };
    },
  })),
  {
    name: 'link-resets',
    says: 'connections between two parties are reset again and again',
    strike: async ({ links }, random) => {
      const [name, link] = drawn(links, random);
      for (let round = 0; round < 8; round += 1) {
        link.reset();
        await delay(between(random, 50, 400));
      }
      return { what: name };
    },
  },
];

import { setTimeout as delay } from 'node:timers/promises';
import { oneOf, type LinkState } from '@souk/testkit';
import { rm } from 'node:fs/promises';
import { between, type Fault } from './fault.js';
import { killed } from './processes.js';

const states: readonly [LinkState, string][] = [
  ['cut', 'is cut: what is open is reset, and new connections too'],
  ['silent', 'is half-open: nothing passes, and nobody is told'],
  ['deaf', 'passes answers only'],
  ['mute', 'passes questions only'],
  ['slow', 'takes 150 ms for each piece'],
  ['lossy', 'loses one piece in twenty, which comes 250 ms late'],
];

export const linkFaults: readonly Fault[] = [
  ...states.map(([state, says]): Fault => ({
    name: `link-${state}`,
    says: `a link between two parties ${says}`,
    strike: async ({ links }, random) => {
      const [name, link] = oneOf(random, [...links]);
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
      const [name, link] = oneOf(random, [...links]);
      for (let round = 0; round < 8; round += 1) {
        link.reset();
        await delay(between(random, 50, 400));
      }
      return { what: name };
    },
  },
  {
    name: 'registry-away',
    says: 'no service reaches the registry',
    strike: async ({ links }, random) => {
      const toRegistry = [...links].filter(([name]) => name.endsWith('→registry')).map(([, link]) => link);
      for (const link of toRegistry) link.set('cut');
      await delay(between(random, 3000, 8000));
      for (const link of toRegistry) link.set('well');
      return { what: 'all' };
    },
  },
  {
    name: 'registry-wiped',
    says: 'the registry is killed and what it knew is gone',
    strike: async (ground) => {
      await rm(ground.registryDir, { recursive: true, force: true });
      await killed(ground, 'registry');
      return { what: 'all that it knew' };
    },
  },
  {
    name: 'registry-empty',
    says: 'the registry forgets every service again and again, and says that there is none',
    strike: async ({ system }, random) => {
      const headers = { 'x-consul-token': system.secrets.registryOperatorToken };
      const ask = async (method: string, path: string): Promise<Response> =>
        fetch(new URL(path, system.registryUrl), { method, headers });
      const until = performance.now() + between(random, 2000, 6000);
      let forgotten = 0;
      while (performance.now() < until) {
        const known = Object.keys((await (await ask('GET', '/v1/agent/services')).json()) as object);
        for (const id of known) await ask('PUT', `/v1/agent/service/deregister/${encodeURIComponent(id)}`);
        forgotten += known.length;
        await delay(50);
      }
      return { what: `${String(forgotten)} times an instance` };
    },
  },
];

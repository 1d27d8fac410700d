import { rm } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { between, type Fault } from './fault.js';
import { killed } from './processes.js';

export const registryFaults: readonly Fault[] = [
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

import { beforeAll, describe, expect, it } from '@jest/globals';
import { call, expectStatus, need, openSystem, until } from '@souk/testkit';

const system = await openSystem();
const suite = need(system, 'kill') ? describe : describe.skip;

interface Entry {
  readonly Service: { ID: string; Address: string; Port: number; Meta: Record<string, string> };
}

suite('every service, as the registry knows it', () => {
  let registryUrl: string;
  let addresses: Map<string, string>;
  const withHttp = () => [...addresses].filter(([name]) => name !== 'registry');

  const passing = async (name: string): Promise<Entry[]> =>
    (await expectStatus(200, call<Entry[]>(registryUrl, `GET /v1/health/service/${name}?passing`))).body;

  beforeAll(async () => {
    ({ registryUrl } = system.inside);
    await system.control.ready();
    addresses = new Map();
    for (const name of system.inside.services) {
      const [entry] = await passing(name);
      if (entry) addresses.set(name, `http://${entry.Service.Address}:${String(entry.Service.Port)}`);
    }
  });

  it('passes, with its instance, version and zone', async () => {
    for (const name of system.inside.services) {
      const [entry] = await passing(name);
      expect({ name, meta: entry?.Service.Meta }).toMatchObject(
        name === 'registry'
          ? { name }
          : { name, meta: { instance: `${name}-1`, version: expect.any(String), zone: expect.any(String) } },
      );
    }
  });

  it('lives, is ready, tells its figures and describes itself on its own port', async () => {
    for (const [, address] of withHttp()) {
      await expectStatus(200, call(address, 'GET /health/live'));
      await expectStatus(200, call(address, 'GET /health/ready'));
      const metrics = await expectStatus(200, call<string>(address, 'GET /metrics'));
      expect(metrics.body).toMatch(/^# HELP /m);
      const document = await expectStatus(200, call<{ openapi: string }>(address, 'GET /openapi.json'));
      expect(document.body.openapi).toMatch(/^3\./);
    }
  });

  it('tells a waiting question of a change at once: an instance more, and one less', async () => {
    const entriesOf = async (): Promise<number> => (await passing('identity')).length;
    expect(await entriesOf()).toBe(1);
    await system.control.scale('identity', 2);
    expect(await entriesOf()).toBe(2);
    const instances = new Set<string>();
    await until(
      async () => {
        const { body } = await call<{ services: { name: string; instances: { id: string }[] }[] }>(
          system.url,
          'GET /healthz',
        );
        for (const { id } of body.services.find(({ name }) => name === 'identity')?.instances ?? [])
          instances.add(id);
        return instances.size === 2;
      },
      { withinMs: 5000, what: 'both instances are to be seen' },
    );
    await system.control.scale('identity', 1);
    await until(async () => (await entriesOf()) === 1, { withinMs: 5000, what: 'the surplus is gone' });
    for (let round = 0; round < 20; round += 1)
      await expectStatus(200, call(system.url, 'GET /.well-known/jwks.json'));
  });
});

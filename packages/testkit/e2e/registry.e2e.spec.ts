import { beforeAll, describe, expect, it } from '@jest/globals';
import { askService, call, expectStatus, need, openSystem, until } from '@souk/testkit';

const system = await openSystem();
const suite = need(system, 'kill') ? describe : describe.skip;

interface Entry {
  readonly Service: { ID: string; Address: string; Port: number; Meta: Record<string, string> };
}

suite('every service, as the registry knows it', () => {
  let registryUrl: string;

  const passing = async (name: string): Promise<Entry[]> =>
    (await expectStatus(200, call<Entry[]>(registryUrl, `GET /v1/health/service/${name}?passing`))).body;

  beforeAll(async () => {
    ({ registryUrl } = system.inside);
    await system.control.ready();
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
    for (const service of system.inside.services.filter((name) => name !== 'registry')) {
      const [entry] = await passing(service);
      const { Address: address = '', Port: port = 0, Meta: meta } = entry?.Service ?? {};
      const ask = (path: string) => askService(system, { service, address, port }, path);
      for (const path of ['/health/live', '/health/ready']) expect((await ask(path)).status).toBe(200);
      expect((await ask('/metrics')).body).toMatch(/^# HELP /m);
      const document = JSON.parse((await ask('/openapi.json')).body) as { openapi: string };
      expect(document.openapi).toMatch(/^3\./);
      // Probes and Prometheus have no certificate.
      const plain = `http://${address}:${meta?.['healthPort'] ?? ''}`;
      for (const path of ['/health/live', '/health/ready', '/metrics'] as const)
        await expectStatus(200, call(plain, `GET ${path}`));
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

import { beforeAll, describe, expect, it } from '@jest/globals';
import { need, openSystem } from '@souk/testkit';

const system = await openSystem();
const suite = need(system, 'containers') ? describe : describe.skip;

interface Inspected {
  readonly Name: string;
  readonly Config: { readonly User: string; readonly Labels: Readonly<Record<string, string>> };
  readonly HostConfig: {
    readonly ReadonlyRootfs: boolean;
    readonly CapDrop: readonly string[] | null;
    readonly CapAdd: readonly string[] | null;
    readonly SecurityOpt: readonly string[] | null;
    readonly Memory: number;
  };
  readonly NetworkSettings: { readonly Ports: Readonly<Record<string, readonly object[] | null>> };
}

suite('every container', () => {
  let containers: { service: string; id: string; facts: Inspected }[];

  beforeAll(async () => {
    const ids = (await system.containers.compose('ps', '--all', '--quiet')).trim().split('\n');
    const facts = JSON.parse(await system.containers.docker('inspect', ...ids)) as Inspected[];
    containers = facts.map((one, index) => ({
      service: one.Config.Labels['com.docker.compose.service'] ?? one.Name,
      id: ids[index] ?? '',
      facts: one,
    }));
  });

  const except = (is: (facts: Inspected) => boolean): string[] =>
    containers.filter(({ facts }) => !is(facts)).map(({ service }) => service);

  it('runs as a user of no rights, but for the job that gives out the secrets', async () => {
    expect(new Set(except(({ Config }) => !['', '0', 'root', '0:0'].includes(Config.User)))).toEqual(
      new Set(['secrets']),
    );
    expect(except(({ HostConfig }) => HostConfig.CapDrop?.includes('ALL') === true)).toEqual([]);
    expect(except(({ HostConfig }) => (HostConfig.CapAdd ?? []).length === 0)).toEqual(['secrets']);
    const safe = ({ HostConfig }: Inspected) =>
      (HostConfig.SecurityOpt ?? []).some((option) => option.startsWith('no-new-privileges'));
    expect(except(safe)).toEqual([]);
    const running = containers.filter(
      ({ service }) => !['secrets', 'migrate', 'topics', 'seed'].includes(service),
    );
    for (const { id, service } of running) {
      const [, ...rows] = (await system.containers.docker('top', id, '-eo', 'pid,uid,comm'))
        .trim()
        .split('\n');
      expect({ service, root: rows.filter((row) => row.trim().startsWith('0 ')) }).toEqual({
        service,
        root: [],
      });
    }
  });

  it('cannot write to its own image, and has a limit to its memory', () => {
    expect(except(({ HostConfig }) => HostConfig.ReadonlyRootfs)).toEqual([]);
    expect(except(({ HostConfig }) => HostConfig.Memory > 0)).toEqual([]);
  });

  it('keeps its ports to itself, but for the one of the gateway', () => {
    const published = containers.flatMap(({ service, facts }) =>
      Object.entries(facts.NetworkSettings.Ports).flatMap(([port, bindings]) =>
        (bindings ?? []).length > 0 ? [`${service} ${port}`] : [],
      ),
    );
    expect(published).toEqual(['gateway 8080/tcp']);
  });
});

suite('a service', () => {
  it("is let into its own database and no other's", async () => {
    const script = `
      import { readFileSync } from 'node:fs';
      import pg from 'pg';
      const own = new URL(readFileSync('/run/secrets/database-url', 'utf8'));
      for (const database of ['souk_identity', 'souk_order', 'souk_payment', 'postgres']) {
        own.pathname = database;
        const client = new pg.Client({ connectionString: own.href });
        const outcome = await client.connect().then(() => 'let in', (error) => error.code);
        await client.end().catch(() => undefined);
        console.log(database, outcome);
      }`;
    const said = await system.containers.compose(
      ...['exec', '--no-TTY', 'identity', 'node', '--input-type=module', '--eval', script],
    );
    expect(said.trim().split('\n')).toEqual([
      'souk_identity let in',
      'souk_order 42501',
      'souk_payment 42501',
      'postgres 42501',
    ]);
  });

  it('reads its own secrets alone, and reaches nothing outside', async () => {
    const script = `
      import { readdirSync } from 'node:fs';
      import { connect } from 'node:net';
      console.log(readdirSync('/run/secrets').filter((name) => name !== 'tls').join(' '));
      const socket = connect({ host: '192.0.2.1', port: 80, timeout: 2000 });
      const ended = await new Promise((resolve) => {
        socket.once('connect', () => resolve('reached')).once('timeout', () => resolve('out of reach')).once('error', () => resolve('out of reach'));
      });
      console.log(ended);
      process.exit(0);`;
    const said = await system.containers.compose(
      ...['exec', '--no-TTY', 'system', 'node', '--input-type=module', '--eval', script],
    );
    const [secrets = '', outside] = said.trim().split('\n');
    expect(secrets.split(' ').filter((name) => !name.startsWith('registry-token'))).toEqual([
      'service-key.pem',
      'services.jwks.json',
    ]);
    expect(outside).toBe('out of reach');
  });
});

import { execFileSync, spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import { readManifests } from '@souk/local/setup';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const overrides = readdirSync(root).filter((file) => /^compose\..+\.yml$/.test(file));

interface ComposeService {
  readonly image: string;
  readonly build?: { readonly args?: Readonly<Record<string, string>>; readonly target?: string };
  readonly restart?: string;
  readonly profiles?: readonly string[];
  readonly user?: string;
  readonly cap_drop?: readonly string[];
  readonly cap_add?: readonly string[];
  readonly security_opt?: readonly string[];
  readonly read_only?: boolean;
  readonly mem_limit?: string;
  readonly scale?: number;
  readonly logging?: { readonly options?: Readonly<Record<string, string>> };
  readonly stop_grace_period?: string;
  readonly ports?: readonly object[];
  readonly networks?: Readonly<Record<string, unknown>> | null;
  readonly environment?: Readonly<Record<string, string | null>>;
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
  readonly volumes?: readonly { type: string; source: string; target: string; read_only?: boolean }[];
}

interface ComposeConfig {
  readonly services: Readonly<Record<string, ComposeService>>;
  readonly networks: Readonly<Record<string, { readonly internal?: boolean } | null>>;
}

/** What compose makes of the files, without any setting of whoever runs this. */
function configOf(...files: string[]): ComposeConfig {
  const chosen = ['docker-compose.yml', ...files].flatMap((file) => ['--file', file]);
  const output = execFileSync(
    'docker',
    ['compose', ...chosen, '--env-file', '/dev/null', '--profile', '*', 'config', '--format', 'json'],
    {
      cwd: root,
      env: { PATH: process.env['PATH'], HOME: process.env['HOME'] },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  return JSON.parse(output.toString()) as ComposeConfig;
}

const hasCompose = spawnSync('docker', ['compose', 'version']).status === 0;
if (!hasCompose) process.stderr.write('skipped: docker compose is not here to read its files\n');
const suite = hasCompose ? describe : describe.skip;

const isJob = ({ restart }: ComposeService): boolean => restart === undefined;

suite.each([[], ...overrides.map((file) => [file])].map((files) => ({ files })))(
  'compose with $files',
  ({ files }) => {
    it('waits for every job, since --wait fails on one that nobody waits for', () => {
      const { services } = configOf(...files);
      const awaited = new Set(
        Object.values(services).flatMap(({ depends_on = {} }) =>
          Object.entries(depends_on).flatMap(([name, { condition }]) =>
            condition === 'service_completed_successfully' ? [name] : [],
          ),
        ),
      );
      const leaves = Object.entries(services).filter(
        ([name, service]) => isJob(service) && !service.profiles && !awaited.has(name),
      );
      expect(leaves.map(([name]) => name)).toEqual([]);
    });

    it('publishes the port of the gateway alone', () => {
      const published = Object.entries(configOf(...files).services).filter(
        ([, { ports = [] }]) => ports.length > 0,
      );
      expect(published.map(([name]) => name)).toEqual(['gateway']);
    });
  },
);

suite('docker-compose.yml', () => {
  const { services, networks } = hasCompose ? configOf() : { services: {}, networks: {} };
  const all = Object.entries(services);
  const failing = (is: (service: ComposeService, name: string) => boolean): string[] =>
    all.filter(([name, service]) => !is(service, name)).map(([name]) => name);

  it('gives no container more than it needs', () => {
    expect(failing(({ cap_drop }) => cap_drop?.includes('ALL') === true)).toEqual([]);
    expect(failing(({ cap_add }) => cap_add === undefined)).toEqual(['secrets']);
    expect(services['secrets']?.cap_add).toEqual(['CHOWN', 'DAC_OVERRIDE', 'FOWNER']);
    expect(failing(({ security_opt }) => security_opt?.includes('no-new-privileges:true') === true)).toEqual(
      [],
    );
    expect(failing(({ read_only }) => read_only === true)).toEqual([]);
    expect(failing(({ stop_grace_period }) => stop_grace_period === '30s')).toEqual([]);
    expect(failing(({ logging }) => logging?.options?.['max-size'] !== undefined)).toEqual([]);
    expect(failing(({ user }) => user !== '0:0' && user !== 'root')).toEqual(['secrets']);
  });

  it('limits the memory of all that stays to 2.5 GB together', () => {
    expect(failing(({ mem_limit }) => Number(mem_limit) > 0)).toEqual([]);
    const staying = all.filter(([, service]) => !isJob(service));
    const sum = staying.reduce((total, [, { mem_limit, scale = 1 }]) => total + Number(mem_limit) * scale, 0);
    expect(sum).toBeLessThanOrEqual(2.5 * 1024 ** 3);
  });

  it('lets nobody but the gateway face the outside', () => {
    expect(networks['services']?.internal).toBe(true);
    expect(networks['data']?.internal).toBe(true);
    const facing = all.filter(([, service]) => Object.hasOwn(service.networks ?? {}, 'edge'));
    expect(facing.map(([name]) => name)).toEqual(['gateway']);
  });

  it('mounts to each its own secrets, and nobody else may write them', () => {
    for (const [name, { volumes = [] }] of all) {
      const mounted = volumes.filter(({ source }) => source.startsWith('secrets'));
      if (name === 'secrets') {
        expect(mounted.every(({ source, target }) => target === folderOf(source))).toBe(true);
        continue;
      }
      for (const volume of mounted)
        expect(volume).toMatchObject({ source: `secrets-${name}`, target: '/run/secrets', read_only: true });
    }
    const handed = services['secrets']?.volumes?.map(({ source }) => source) ?? [];
    const taken = all.flatMap(([, { volumes = [] }]) => volumes.map(({ source }) => source));
    for (const source of taken.filter((name) => name.startsWith('secrets-')))
      expect(handed).toContain(source);
  });

  it('runs every service that has a manifest, as its manifest says', () => {
    for (const { name, database } of readManifests(fileURLToPath(new URL('services/', `file://${root}`)))) {
      const service = services[name];
      expect({ name, image: service?.image, workspace: service?.build?.args?.['WORKSPACE'] }).toEqual({
        name,
        image: `souk/${name}`,
        workspace: `@souk/${name}`,
      });
      const settings = Object.keys(service?.environment ?? {});
      expect({ name, stores: settings.includes('DATABASE_URL_FILE') }).toEqual({
        name,
        stores: database !== null,
      });
      if (database !== null) {
        expect(service?.depends_on).toMatchObject({
          migrate: { condition: 'service_completed_successfully' },
          topics: { condition: 'service_completed_successfully' },
          registry: { condition: 'service_healthy' },
        });
      }
    }
  });
});

describe('the Dockerfile', () => {
  it("prunes with the same turbo as package.json's", () => {
    const { devDependencies } = JSON.parse(readFileSync(`${root}package.json`, 'utf8')) as {
      devDependencies: Record<string, string>;
    };
    expect(readFileSync(`${root}Dockerfile`, 'utf8')).toContain(` turbo@${devDependencies['turbo'] ?? ''}\n`);
  });
});

const folderOf = (source: string): string =>
  source === 'secrets' ? '/secrets/master' : `/secrets/${source.replace('secrets-', '')}`;

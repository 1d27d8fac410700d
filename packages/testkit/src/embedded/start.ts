import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { readManifests, startSystem, type EventsKind, type RunningSystem } from '@souk/local';
import { removePostgresData } from '@souk/postgres';
import type { SystemHandle } from '../system.js';
import { serveControl } from './control-server.js';

export interface EmbeddedSystem {
  readonly handle: SystemHandle;
  /** Stops it and removes its data. @throws when a process of it outlives the stop */
  stop(): Promise<void>;
}

/** The gateway's limits are per client address, and a whole test run comes from one. */
const rateLimit = 1000;
const repository = fileURLToPath(new URL('../../../../', import.meta.url));

/** Starts a whole system of its own, on free ports and an empty data folder, and fills the catalogue if there is one. */
export async function startEmbedded(options: {
  events: EventsKind | undefined;
  tls: boolean;
}): Promise<EmbeddedSystem> {
  const dataDir = await mkdtemp(join(tmpdir(), 'souk-e2e-'));
  const seen = new Set<number>();
  const system = await startSystem({ dataDir, port: 0, ...options, rateLimit });
  const watch = setInterval(() => {
    for (const { pid } of system.processes) if (pid !== undefined) seen.add(pid);
  }, 250);
  watch.unref();
  try {
    await seedCatalogue(system);
    const control = await serveControl(system);
    return {
      handle: handleOf(system, { controlUrl: control.url, dataDir }),
      stop: async () => {
        clearInterval(watch);
        for (const { pid } of system.processes) if (pid !== undefined) seen.add(pid);
        await control.close();
        await system.stop();
        const left = await ofThisSystem([...seen], dataDir);
        if (left.length > 0) throw new Error(`Processes outlive their system: ${left.join(', ')}.`);
        await removePostgresData(join(dataDir, 'postgres'));
        await rm(dataDir, { recursive: true, force: true });
      },
    };
  } catch (error) {
    clearInterval(watch);
    await system.stop();
    throw error;
  }
}

function handleOf(
  system: RunningSystem,
  { controlUrl, dataDir }: { controlUrl: string; dataDir: string },
): SystemHandle {
  const services = readManifests(join(repository, 'services')).map(({ name }) => name);
  return {
    url: system.url,
    capabilities: ['sql', 'kill', 'pause', 'scale', 'failpoint'],
    adminPassword: system.secrets.adminPassword,
    alicePassword: system.secrets.alicePassword,
    inside: {
      controlUrl,
      registryUrl: system.registryUrl,
      eventsUrl: system.eventsUrl,
      events: system.events.kind,
      webhookSecret: system.secrets.providerWebhookSecret,
      logsDir: join(dataDir, 'logs'),
      secretsDir: join(dataDir, 'secrets'),
      serviceKeyFiles: Object.fromEntries(
        services.map((name) => [name, system.secrets.serviceKeyFile(name)]),
      ),
      certificateFolders: Object.fromEntries(
        services.flatMap((name) => {
          const folder = system.certificatesOf(name);
          return folder === undefined ? [] : [[name, folder]];
        }),
      ),
      jwksFile: system.secrets.jwksFile,
      databases: system.databases,
      verifierUrls: Object.fromEntries(
        Object.keys(system.databases).map((name) => [name, system.verifierUrl(name)]),
      ),
      services,
    },
  };
}

interface Demo {
  seed(target: {
    url: string;
    registryUrl: string;
    registryToken: string;
    adminPassword: string;
  }): Promise<unknown>;
}

/** The catalogue is packages/demo's, the one place that knows the shop; a system without a shop lacks it. */
async function seedCatalogue(system: RunningSystem): Promise<void> {
  const file = join(repository, 'packages', 'demo', 'dist', 'index.js');
  if (!existsSync(file)) return;
  const demo = (await import(pathToFileURL(file).href)) as Partial<Demo>;
  const { url, registryUrl, secrets } = system;
  await demo.seed?.({
    url,
    registryUrl,
    registryToken: secrets.registryOperatorToken,
    adminPassword: secrets.adminPassword,
  });
}

/** Those of the pids that still run; where it can be told, one that another program has by now does not count. */
async function ofThisSystem(pids: readonly number[], dataDir: string): Promise<number[]> {
  const alive = await Promise.all(pids.map(async (pid) => ((await belongsTo(pid, dataDir)) ? pid : 0)));
  return alive.filter((pid) => pid !== 0);
}

async function belongsTo(pid: number, dataDir: string): Promise<boolean> {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  if (process.platform !== 'linux') return true;
  const command = await readFile(`/proc/${String(pid)}/cmdline`, 'utf8').catch(() => '');
  return command.includes(repository) || command.includes(dataDir);
}

import { join, resolve } from 'node:path';
import { databaseUrl, eventsDatabase, startPostgres } from '@souk/postgres';
import {
  gatewayMember,
  providerMember,
  registryMember,
  serviceMember,
  type Launching,
} from './processes/members.js';
import { createProcessTable, type ProcessTable } from './processes/table.js';
import type { Supervised } from './processes/supervisor.js';
import { root } from './root.js';
import { databaseRoles, prepareDatabases } from './setup/databases.js';
import { openSystemCertificates } from './setup/certificates.js';
import type { Ground } from './setup/environment.js';
import { chooseEvents, launchKafka, localEventsUrl, type EventsChoice } from './setup/events.js';
import { removeHandle, writeHandle, type SystemHandle } from './setup/handle.js';
import { takeLock } from './setup/lock.js';
import { readManifests, type ServiceManifest } from './setup/manifests.js';
import { assertPortFree, portOr } from './setup/ports.js';
import { prepareEvents } from './setup/prepare-events.js';
import { openSecrets, type Secrets } from './setup/secrets.js';
import { createServiceSet, type ServiceSet } from './setup/service-set.js';
import type { RunningSystem, SystemOptions } from './system.js';

const registryPort = 8500;

/**
 * Starts the whole system on this machine: Postgres, events, registry, payment provider, services, gateway.
 * @throws a sentence when something can't start; nothing is left running then
 */
export async function startSystem(options: SystemOptions): Promise<RunningSystem> {
  const dataDir = resolve(options.dataDir);
  const servicesDir = options.servicesDir ?? join(root, 'services');
  const settings = { ...options, dataDir, servicesDir, report: options.report ?? (() => undefined) };
  const lock = takeLock(dataDir);
  let started = false;
  const table = createProcessTable({
    // Until a process is ready the system does not start without it: its crash is the start's own error.
    restart: ({ wasReady }) => (started || wasReady) && (options.supervise ?? true),
    onCrash: ({ text, wasReady }) => {
      if (started || wasReady) options.onCrash?.(text);
    },
  });
  let stopping: Promise<void> | undefined;
  const stop = (): Promise<void> =>
    (stopping ??= table.stopAll().finally(() => {
      removeHandle(dataDir);
      lock.release();
    }));
  try {
    if (options.port !== 0) await assertPortFree(options.port);
    const system = await assemble(settings, table, stop);
    started = true;
    writeHandle(dataDir, handleOf(system));
    return system;
  } catch (error) {
    await stop();
    throw error;
  }
}

type Settings = SystemOptions & Required<Pick<SystemOptions, 'dataDir' | 'servicesDir' | 'report'>>;

async function assemble(
  settings: Settings,
  table: ProcessTable,
  stop: () => Promise<void>,
): Promise<RunningSystem> {
  const manifests = readManifests(settings.servicesDir);
  const secrets = openSecrets(join(settings.dataDir, 'secrets'), {
    services: manifests.map(({ name }) => name),
    databaseRoles: databaseRoles(manifests),
    adminPassword: settings.adminPassword,
    alicePassword: settings.alicePassword,
  });
  const certificates = settings.tls
    ? await openSystemCertificates(
        join(settings.dataDir, 'secrets', 'tls'),
        [...manifests.map(({ name }) => name), 'gateway'],
        settings.report,
      )
    : undefined;
  const events = await chooseEvents(settings.events);
  const stores = await startStores(settings, { table, manifests, secrets, events });
  const port = await portOr(settings.port);
  const ground: Ground = {
    registryUrl: loopback(await portOr(settings.port === 0 ? 0 : registryPort)),
    eventsUrl: stores.eventsUrl,
    providerUrl: loopback(await portOr(0)),
    gatewayUrl: loopback(port),
    databases: stores.databases,
    secrets,
    rateLimit: settings.rateLimit ?? 1,
    servicesDir: settings.servicesDir,
    dataDir: settings.dataDir,
    certificates,
  };
  const launching = {
    ground,
    fromSource: settings.fromSource ?? false,
    environment: settings.environment ?? {},
    rewire: settings.rewire,
  };
  const services = await startProcesses({ settings, table, manifests, launching });
  return runningSystem({ ground, events, superuserUrl: stores.superuserUrl, table, services, stop });
}

interface StoresDeps {
  readonly table: ProcessTable;
  readonly manifests: readonly ServiceManifest[];
  readonly secrets: Secrets;
  readonly events: EventsChoice;
}

async function startStores(settings: Settings, deps: StoresDeps) {
  const { table, events } = deps;
  settings.report(
    `Starting Postgres and ${events.kind === 'kafka' ? 'Kafka' : 'the local log'} (${events.why}) …`,
  );
  // Whatever starts again later does so where it was.
  const [postgresPort, kafkaPort] = [await portOr(0), await portOr(0)];
  let superuserUrl = '';
  const postgres = table.add({
    instance: 'postgres',
    kind: 'postgres',
    logFile: join(settings.dataDir, 'logs', 'postgres.log'),
    async launch() {
      const server = await startPostgres({
        dataDir: join(settings.dataDir, 'postgres'),
        logFile: this.logFile,
        port: postgresPort,
      });
      superuserUrl = server.superuserUrl;
      return server;
    },
  });
  const kafka = table.add({
    instance: 'kafka',
    kind: 'kafka',
    logFile: join(settings.dataDir, 'logs', 'kafka.log'),
    launch() {
      return launchKafka({
        dataDir: settings.dataDir,
        logFile: this.logFile,
        port: kafkaPort,
        doors: settings.kafkaDoors ?? [],
        report: settings.report,
      });
    },
  });
  const startDatabases = async () => {
    await postgres.start();
    return prepareDatabases({
      superuserUrl,
      manifests: deps.manifests,
      servicesDir: settings.servicesDir,
      passwords: deps.secrets.databasePasswords,
    });
  };
  const outcomes = await Promise.allSettled([
    startDatabases(),
    events.kind === 'kafka' ? kafka.start() : undefined,
  ]);
  const [databases] = outcomes;
  const failed = outcomes.find((outcome) => outcome.status === 'rejected');
  if (databases.status === 'rejected' || failed?.status === 'rejected') throw failed?.reason;
  if (events.kind !== 'kafka') table.remove('kafka');
  const eventsUrl =
    events.kind === 'kafka'
      ? `kafka://127.0.0.1:${kafkaPort}`
      : localEventsUrl(superuserUrl, deps.secrets.databasePasswords['events'] ?? '');
  await prepareEvents(eventsUrl);
  return { databases: databases.value, superuserUrl, eventsUrl };
}

async function startProcesses(deps: {
  settings: Settings;
  table: ProcessTable;
  manifests: readonly ServiceManifest[];
  launching: Launching;
}): Promise<ServiceSet> {
  const { settings, table, launching } = deps;
  const { ground } = launching;
  const startReady = async (process: Supervised): Promise<void> => {
    await process.start();
    await process.ready();
  };
  settings.report('Starting the registry, the services and the gateway …');
  await startReady(table.add(registryMember(ground)));

  const services = createServiceSet({
    table,
    registryUrl: ground.registryUrl,
    manifests: deps.manifests.filter(({ name }) => name !== 'registry'),
    memberOf: (service, instance) => serviceMember(launching, service, instance),
  });
  const provider = providerMember(ground);
  await Promise.all([
    services.scaleAll(settings.scale ?? {}),
    startReady(table.add(gatewayMember(ground))),
    provider && startReady(table.add(provider)),
  ]);
  return services;
}

function runningSystem(parts: {
  ground: Ground;
  events: EventsChoice;
  superuserUrl: string;
  table: ProcessTable;
  services: ServiceSet;
  stop: () => Promise<void>;
}): RunningSystem {
  const { ground, table, services } = parts;
  const ready = async (): Promise<void> => {
    await Promise.all(table.list().map((process) => process.ready()));
    await services.ready();
  };
  const password = ground.secrets.databasePasswords['verifier'] ?? '';
  return {
    url: ground.gatewayUrl,
    registryUrl: ground.registryUrl,
    eventsUrl: ground.eventsUrl,
    providerUrl: ground.providerUrl,
    events: parts.events,
    databases: Object.fromEntries(ground.databases),
    superuserUrl: parts.superuserUrl,
    verifierUrl: (name) => {
      const url = ground.databases.get(name);
      const database = name === 'events' ? eventsDatabase : url && new URL(url).pathname.slice(1);
      if (!database) throw new Error(`${name} has no database.`);
      return databaseUrl(parts.superuserUrl, { database, role: 'verifier', password });
    },
    secrets: ground.secrets,
    certificatesOf: (process) => ground.certificates?.folderOf(process),
    get processes() {
      return table.list().map(({ instance, kind, pid }) => ({ instance, kind, pid }));
    },
    kill: (instance, signal = 'SIGKILL') => {
      table.get(instance).signal(signal);
    },
    restart: async (instance, environment) => {
      await table.get(instance).stop();
      await table.get(instance).start(environment);
      await ready();
    },
    pause: (instance) => {
      table.get(instance).signal('SIGSTOP');
    },
    resume: (instance) => {
      table.get(instance).signal('SIGCONT');
    },
    scale: services.scale,
    ready,
    stop: async () => {
      ground.certificates?.close();
      await parts.stop();
    },
  };
}

const handleOf = (system: RunningSystem): SystemHandle => ({
  pid: process.pid,
  url: system.url,
  registryUrl: system.registryUrl,
  events: system.events.kind,
  eventsUrl: system.eventsUrl,
  adminPassword: system.secrets.adminPassword,
  alicePassword: system.secrets.alicePassword,
  verifierUrls: Object.fromEntries(
    Object.keys(system.databases).map((name) => [name, system.verifierUrl(name)]),
  ),
});

const loopback = (port: number): string => `http://127.0.0.1:${port}`;

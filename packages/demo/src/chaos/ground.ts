import { createEvents, type EventTransport } from '@souk/comms/events';
import { createLogger } from '@souk/comms/telemetry';
import { startSystem, type EventsKind, type RunningSystem } from '@souk/local';
import { databaseUrl } from '@souk/postgres';
import { createRandom, lastingPort, openLink, until, type Link } from '@souk/testkit';
import { join } from 'node:path';
import pg from 'pg';
import { openShop } from '../api/open-shop.js';
import { signIn } from '../api/shop-client.js';
import { verifierUrls } from '../verify/verifier-urls.js';
import type { Customer } from './customers.js';
import { stores } from './faults/fault.js';

/** The whole system with a link that can be broken on each of its edges, and a shop that never runs empty. */
export interface ChaosGround {
  readonly system: RunningSystem;
  /** By name: `order-1→postgres`, `order→kafka`, `payment-1→payment-provider`, `→product-1` for whoever calls it. */
  readonly links: ReadonlyMap<string, Link>;
  readonly events: EventTransport;
  readonly productIds: readonly string[];
  /** Where the registry keeps what it knows. */
  readonly registryDir: string;
  /** As superuser, of one service's database. */
  superuser(service: string): pg.Pool;
  readonly verifierUrls: Readonly<Record<string, string>>;
  /** Customers and the administrator with fresh tokens. */
  signIn(): Promise<{ customers: Customer[]; adminToken: string }>;
  /** Resolves once every process runs and what faults are made with answers; services may still be recovering. */
  standing(): Promise<void>;
  stop(): Promise<void>;
}

const customerCount = 4;
/** No order may stay open for longer; short, for a run to see what comes after. */
const orderDeadlineSeconds = 60;
/** Another address of this machine: services are told of as if they lived there, which leads through a link. */
const otherHost = '127.0.0.2';

export async function openGround(options: {
  dataDir: string;
  events: EventsKind | undefined;
  tls: boolean;
  report: (line: string) => void;
}): Promise<ChaosGround> {
  const links = new Map<string, Link>();
  const random = createRandom(1);
  const linkTo = async (name: string, url: string): Promise<string> => {
    const to = new URL(url);
    const link = links.get(name) ?? (await openLink({ host: to.hostname, port: Number(to.port) }, random));
    links.set(name, link);
    to.port = String(link.port);
    return to.href;
  };
  const doorOf = async (name: string): Promise<string> => {
    const link =
      links.get(name) ??
      (await openLink({ host: '127.0.0.1', port: 'same' }, random, {
        host: otherHost,
        port: await lastingPort(),
      }));
    links.set(name, link);
    return String(link.port);
  };
  const rewire = async (instance: string, environment: Readonly<Record<string, string>>) => {
    const rewired: Record<string, string> = { ORDER_DEADLINE_SECONDS: String(orderDeadlineSeconds) };
    for (const [key, peer] of Object.entries(peers)) {
      const url = environment[key];
      if (url !== undefined) rewired[key] = trimmed(await linkTo(`${instance}→${peer}`, url));
    }
    const toKafka = links.get(`${serviceOf(instance)}→kafka`);
    if (toKafka && environment['EVENTS_URL']?.startsWith('kafka:') === true)
      rewired['EVENTS_URL'] = `kafka://127.0.0.1:${String(toKafka.port)}`;
    // Only Linux answers on every address of 127.0.0.0/8 by itself.
    if (process.platform !== 'linux') return rewired;
    return {
      ...rewired,
      ADVERTISE_ADDRESS: otherHost,
      HTTP_PORT: await doorOf(`→${instance}`),
      GRPC_PORT: await doorOf(`→${instance} by gRPC`),
    };
  };

  const { dataDir, events: kind, tls, report } = options;
  const kafkaDoors = await Promise.all(
    stores.map(async (service) => {
      const port = await lastingPort();
      const advertised = await linkTo(`${service}→kafka`, `http://127.0.0.1:${String(port)}`);
      return { name: service.toUpperCase(), port, advertisedPort: Number(new URL(advertised).port) };
    }),
  );
  const system = await startSystem({
    dataDir,
    port: 0,
    events: kind,
    tls,
    rateLimit: 10_000,
    report,
    rewire,
    kafkaDoors,
  });
  if (system.events.kind !== 'kafka') for (const service of stores) links.delete(`${service}→kafka`);
  const pools = new Map<string, pg.Pool>();
  const logger = createLogger({ service: 'chaos', instance: 'chaos', level: 'silent' });
  const events = await createEvents({ url: system.eventsUrl, clientId: 'chaos', logger });
  const { url, registryUrl } = system;
  const closeLinks = () => Promise.all([...links.values()].map((link) => link.close()));
  const shop = await openShop(system, customerCount).catch(async (error: unknown) => {
    await events.close();
    await system.stop();
    await closeLinks();
    throw error;
  });
  const pool = (service: string): pg.Pool => {
    const database = new URL(system.databases[service] ?? '').pathname.slice(1);
    const known = pools.get(service);
    if (known) return known;
    const opened = new pg.Pool({ connectionString: databaseUrl(system.superuserUrl, { database }), max: 2 });
    // A fault that ends Postgres ends its idle connections too.
    opened.on('error', () => undefined);
    pools.set(service, opened);
    return opened;
  };
  return {
    system,
    links,
    events,
    registryDir: join(dataDir, 'registry'),
    productIds: shop.productIds,
    superuser: pool,
    standing: async () => {
      const answers = async (): Promise<boolean> => {
        if (system.processes.some(({ pid }) => pid === undefined)) return false;
        await pool('order').query('select');
        await events.figures(['order.events.v1'], []);
        for (const each of [registryUrl, system.providerUrl]) await fetch(each);
        return true;
      };
      await until(() => answers().catch(() => false), { withinMs: 60_000, what: 'every process runs' });
    },
    verifierUrls: verifierUrls(system),
    signIn: async () => ({
      adminToken: await signIn(url, 'admin@souk.test', system.secrets.adminPassword),
      customers: await Promise.all(
        shop.accounts.map(async ({ email, password }) => ({
          name: email,
          token: await signIn(url, email, password),
        })),
      ),
    }),
    stop: async () => {
      await events.close();
      await Promise.all([...pools.values()].map((pool) => pool.end()));
      await system.stop();
      await closeLinks();
    },
  };
}

/** What of its environment tells an instance where a peer is. */
const peers: Readonly<Record<string, string>> = {
  DATABASE_URL: 'postgres',
  REGISTRY_URL: 'registry',
  PROVIDER_URL: 'payment-provider',
};

const serviceOf = (instance: string): string => instance.replace(/-\d+$/, '');

const trimmed = (url: string): string => url.replace(/\/$/, '');

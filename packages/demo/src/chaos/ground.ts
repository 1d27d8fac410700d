import { createEvents, type EventTransport } from '@souk/comms/events';
import { createLogger } from '@souk/comms/telemetry';
import { startSystem, type EventsKind, type RunningSystem } from '@souk/local';
import { databaseUrl } from '@souk/postgres';
import { until, type Link } from '@souk/testkit';
import { join } from 'node:path';
import pg from 'pg';
import { openShop } from '../api/open-shop.js';
import { signIn } from '../api/shop-client.js';
import { verifierUrls } from '../verify/verifier-urls.js';
import type { Customer } from './customers.js';
import { openWiring } from './wiring.js';

/** The whole system with a link that can be broken on each of its edges, and a shop that never runs empty. */
export interface ChaosGround {
  readonly system: RunningSystem;
  /** As in `Wiring`. */
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
/** @throws when the system or its shop does not open; nothing is left running then */
export async function openGround(options: {
  dataDir: string;
  events: EventsKind | undefined;
  tls: boolean;
  report: (line: string) => void;
}): Promise<ChaosGround> {
  /** Ends what was opened, the last first. */
  const closing: (() => Promise<unknown>)[] = [];
  const stop = async (): Promise<void> => {
    for (let close = closing.pop(); close; close = closing.pop()) await close();
  };
  try {
    const wiring = await openWiring();
    closing.push(wiring.close);
    const system = await startSystem({
      ...options,
      ...wiring.options,
      port: 0,
      rateLimit: 10_000,
      environment: { ORDER_DEADLINE_SECONDS: String(orderDeadlineSeconds) },
    });
    closing.push(system.stop);
    const logger = createLogger({ service: 'chaos', instance: 'chaos', level: 'silent' });
    const events = await createEvents({ url: system.eventsUrl, clientId: 'chaos', logger });
    closing.push(() => events.close());
    const superuser = superusersOf(system, closing);
    const shop = await openShop(system, customerCount);
    const { url } = system;
    return {
      system,
      links: wiring.links,
      events,
      registryDir: join(options.dataDir, 'registry'),
      productIds: shop.productIds,
      superuser,
      standing: async () => {
        const answers = async (): Promise<boolean> => {
          if (system.processes.some(({ pid }) => pid === undefined)) return false;
          await superuser('order').query('select');
          await events.figures(['order.events.v1'], []);
          for (const each of [system.registryUrl, system.providerUrl]) await fetch(each);
          return true;
        };
        await until(answers, { withinMs: 60_000, what: 'every process runs' });
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
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

function superusersOf(system: RunningSystem, closing: (() => Promise<unknown>)[]) {
  const pools = new Map<string, pg.Pool>();
  return (service: string): pg.Pool => {
    const known = pools.get(service);
    if (known) return known;
    const database = new URL(system.databases[service] ?? '').pathname.slice(1);
    const opened = new pg.Pool({ connectionString: databaseUrl(system.superuserUrl, { database }), max: 2 });
    // A fault that ends Postgres ends its idle connections too.
    opened.on('error', () => undefined);
    pools.set(service, opened);
    closing.push(() => opened.end());
    return opened;
  };
}

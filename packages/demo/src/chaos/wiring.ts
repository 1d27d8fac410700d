import type { SystemOptions } from '@souk/local';
import { createRandom, lastingPort, openLink, type Link } from '@souk/testkit';
import { serviceOf } from '../instances.js';
import { stores } from './faults/fault.js';

/** A link on each edge of a system, and how its parties are told to come by it. */
export interface Wiring {
  /** By name: `order-1→postgres`, `order→kafka`, `payment-1→payment-provider`, `→product-1` for whoever calls it. */
  readonly links: ReadonlyMap<string, Link>;
  readonly options: Required<Pick<SystemOptions, 'rewire' | 'kafkaDoors'>>;
  close(): Promise<void>;
}

/** Another address of this machine: services are told of as if they lived there, which leads through a link. */
const otherHost = '127.0.0.2';

/** What of its environment tells an instance where a peer is. */
const peers: Readonly<Record<string, string>> = {
  DATABASE_URL: 'postgres',
  REGISTRY_URL: 'registry',
  PROVIDER_URL: 'payment-provider',
};

export async function openWiring(): Promise<Wiring> {
  const links = new Map<string, Link>();
  const random = createRandom(1);
  const linkNamed = async (name: string, open: () => Promise<Link>): Promise<Link> => {
    const link = links.get(name) ?? (await open());
    links.set(name, link);
    return link;
  };
  const by = async (name: string, url: string): Promise<string> => {
    const to = new URL(url);
    const link = await linkNamed(name, () => openLink({ host: to.hostname, port: Number(to.port) }, random));
    to.port = String(link.port);
    return to.href.replace(/\/$/, '');
  };
  const doorOf = async (name: string): Promise<string> => {
    const link = await linkNamed(name, async () =>
      openLink({ host: '127.0.0.1', port: 'same' }, random, { host: otherHost, port: await lastingPort() }),
    );
    return String(link.port);
  };
  // Kafka has to be told of them before it starts, and only then is it known whether there is one.
  const toKafka: ReadonlyMap<string, { port: number; link: Link }> = new Map(
    await Promise.all(
      stores.map(async (service) => {
        const port = await lastingPort();
        return [service, { port, link: await openLink({ host: '127.0.0.1', port }, random) }] as const;
      }),
    ),
  );
  return {
    links,
    options: {
      kafkaDoors: [...toKafka].map(([service, { port, link }]) => ({
        name: service.toUpperCase(),
        port,
        advertisedPort: link.port,
      })),
      rewire: async (instance, environment) => {
        const rewired: Record<string, string> = {};
        for (const [key, peer] of Object.entries(peers)) {
          const url = environment[key];
          if (url !== undefined) rewired[key] = await by(`${instance}→${peer}`, url);
        }
        const service = serviceOf(instance);
        const kafka = toKafka.get(service);
        if (kafka && environment['EVENTS_URL']?.startsWith('kafka:') === true) {
          links.set(`${service}→kafka`, kafka.link);
          rewired['EVENTS_URL'] = `kafka://127.0.0.1:${String(kafka.link.port)}`;
        }
        // Only Linux answers on every address of 127.0.0.0/8 by itself.
        if (process.platform !== 'linux') return rewired;
        return {
          ...rewired,
          ADVERTISE_ADDRESS: otherHost,
          HTTP_PORT: await doorOf(`→${instance}`),
          GRPC_PORT: await doorOf(`→${instance} by gRPC`),
        };
      },
    },
    close: async () => {
      const all = new Set([...links.values(), ...[...toKafka.values()].map(({ link }) => link)]);
      await Promise.all([...all].map((link) => link.close()));
    },
  };
}

import { resolve } from 'node:path';
import { Command } from 'commander';
import { readConfig } from '../config.js';
import type { EventsKind } from '../setup/events.js';
import type { SystemOptions } from '../system.js';
import { collectScale, parseEvents, parsePort } from './options.js';

interface Flags {
  readonly scale: Readonly<Record<string, number>>;
  readonly events?: EventsKind;
  readonly tls?: boolean;
  readonly port: number;
  readonly data: string;
}

/** The options that `npm start` and `npm run dev` share, on a command that is ready for more. */
export function systemCommand(name: string, description: string): Command {
  const config = readConfig();
  return new Command(name)
    .description(description)
    .option('--scale <service=count>', 'run several instances of a service (repeatable)', collectScale, {})
    .option(
      '--events <kafka|local>',
      'the transport of events; Kafka where java and mvn are there',
      parseEvents,
    )
    .option('--tls', 'mutual TLS between the services')
    .option('--port <port>', 'of the gateway', parsePort, config.port)
    .option('--data <folder>', 'where everything is kept', config.dataDir);
}

/** What a parsed command asks of the system, with what the environment sets. */
export function systemOptions(
  command: Command,
): Pick<
  SystemOptions,
  'dataDir' | 'port' | 'events' | 'scale' | 'tls' | 'rateLimit' | 'adminPassword' | 'alicePassword'
> {
  const { rateLimit, adminPassword, alicePassword } = readConfig();
  const { data, port, events, scale, tls } = command.opts<Flags>();
  return {
    dataDir: resolve(data),
    port,
    events,
    scale,
    tls: tls ?? false,
    rateLimit,
    adminPassword,
    alicePassword,
  };
}

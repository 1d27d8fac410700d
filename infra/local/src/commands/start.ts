import { resolve } from 'node:path';
import { Command } from 'commander';
import { readConfig } from '../config.js';
import type { EventsKind } from '../setup/events.js';
import { seedAndOrder } from './first-order.js';
import { runInForeground } from './foreground.js';
import { collectScale, parseEvents, parsePort } from './options.js';
import { summaryOf } from './summary.js';

interface StartFlags {
  readonly scale: Readonly<Record<string, number>>;
  readonly events?: EventsKind;
  readonly port: number;
  readonly data: string;
  readonly demo: boolean;
}

/** `npm start`: the whole system on this machine, until Ctrl-C. */
export async function run(args: readonly string[]): Promise<void> {
  const config = readConfig();
  const flags = new Command('npm start --')
    .description('Start the whole system on this machine.')
    .option('--scale <service=count>', 'run several instances of a service (repeatable)', collectScale, {})
    .option(
      '--events <kafka|local>',
      'the transport of events; Kafka where java and mvn are there',
      parseEvents,
    )
    .option('--port <port>', 'of the gateway', parsePort, config.port)
    .option('--data <folder>', 'where everything is kept', config.dataDir)
    .option('--no-demo', 'place no first order')
    .parse(args, { from: 'user' })
    .opts<StartFlags>();

  const startedAt = performance.now();
  const report = (line: string): void => void process.stdout.write(`${line}\n`);
  await runInForeground(
    {
      dataDir: resolve(flags.data),
      port: flags.port,
      events: flags.events,
      scale: flags.scale,
      rateLimit: config.rateLimit,
      adminPassword: config.adminPassword,
      alicePassword: config.alicePassword,
      report,
      onCrash: report,
    },
    async (system) => {
      await seedAndOrder(system, { order: flags.demo });
      report(`Started in ${((performance.now() - startedAt) / 1000).toFixed(1)} s.`);
      report(summaryOf(system));
    },
  );
}

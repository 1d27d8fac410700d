import { join } from 'node:path';
import { kafkaAvailability, startKafka, type Door } from '@souk/kafka';
import { databaseUrl, eventsDatabase } from '@souk/postgres';
import type { Handle } from '../processes/child.js';

export type EventsKind = 'kafka' | 'local';

export interface EventsChoice {
  readonly kind: EventsKind;
  /** In a few words, for whoever starts the system. */
  readonly why: string;
}

/**
 * Real Kafka where it can run, otherwise the local log; or what was asked for.
 * @throws a sentence when Kafka was asked for and can't run here
 */
export async function chooseEvents(asked: EventsKind | undefined): Promise<EventsChoice> {
  if (asked === 'local') return { kind: 'local', why: 'as asked' };
  const kafka = await kafkaAvailability();
  if (asked === 'kafka' && !kafka.available) {
    throw new Error(`Kafka can't run here, since ${kafka.why}: leave --events out, or install it.`);
  }
  if (!kafka.available) return { kind: 'local', why: `since ${kafka.why}` };
  return { kind: 'kafka', why: asked === 'kafka' ? 'as asked' : 'since java and mvn are here' };
}

export const localEventsUrl = (superuserUrl: string, password: string): string =>
  databaseUrl(superuserUrl, { database: eventsDatabase, role: 'events', password });

/** Starts the broker on a port of its own, or on the one it had. */
export async function launchKafka(where: {
  dataDir: string;
  logFile: string;
  port: number;
  doors: readonly Door[];
  report: (line: string) => void;
}): Promise<Handle> {
  return startKafka({
    dataDir: join(where.dataDir, 'kafka'),
    logFile: where.logFile,
    port: where.port,
    doors: where.doors,
    onFetch: () => {
      where.report("Fetching Kafka's jars, once (54 MB) …");
    },
  });
}

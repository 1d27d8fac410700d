import type { Check } from './check.js';
import type { Databases } from './databases.js';

interface Written {
  readonly topic: string;
  readonly subject: string;
  readonly version: number;
  readonly id: string;
  readonly sent: boolean;
}

interface Taken {
  readonly topic: string;
  readonly subject: string;
  readonly sequence: number;
  readonly message_id: string;
  readonly state: string;
}

/** Rows that are about to be purged are left out, since their other half may be gone already. */
const recent = `created_at > now() - interval '23 hours'`;

const writtenBy = (databases: Databases, service: string) =>
  databases.rows<Written>(
    service,
    `select topic, subject::text, version, id::text, sent_at is not null as sent from outbox where ${recent}`,
  );

const everyOutbox = async (databases: Databases): Promise<Written[]> =>
  (await Promise.all(databases.services.map((service) => writtenBy(databases, service)))).flat();

export const eventChecks: readonly Check[] = [
  {
    name: 'outbox-published',
    says: 'every fact that was written was published',
    run: async (databases) => {
      const written = await everyOutbox(databases);
      const violations = written.filter(({ sent }) => !sent).map(({ topic, id }) => `${topic}: ${id}`);
      return { looked: written.length, violations };
    },
  },
  {
    name: 'versions-gapless',
    says: "each subject's facts are numbered without gaps",
    run: async (databases) => {
      const written = await everyOutbox(databases);
      const bySubject = new Map<string, number[]>();
      for (const { topic, subject, version } of written) {
        const key = `${topic} ${subject}`;
        bySubject.set(key, [...(bySubject.get(key) ?? []), version]);
      }
      const violations = [...bySubject].flatMap(([key, versions]) => {
        const span = Math.max(...versions) - Math.min(...versions) + 1;
        return span === versions.length && new Set(versions).size === span
          ? []
          : [`${key}: ${versions.join(', ')}`];
      });
      return { looked: bySubject.size, violations };
    },
  },
  {
    name: 'effect-once',
    says: 'every published fact was taken in once by each service that listens to its topic',
    run: async (databases) => {
      const written = await everyOutbox(databases);
      let looked = 0;
      const violations: string[] = [];
      for (const service of databases.services) {
        const taken = await databases.rows<Taken>(
          service,
          'select topic, subject, sequence, message_id::text, state from inbox',
        );
        const topics = new Set(taken.map(({ topic }) => topic));
        const ids = new Map(taken.map((row) => [row.message_id, row]));
        for (const fact of written.filter(({ topic, sent }) => sent && topics.has(topic))) {
          looked += 1;
          if (!ids.has(fact.id))
            violations.push(
              `${service} never took in ${fact.topic} ${fact.subject} #${String(fact.version)}`,
            );
        }
      }
      return { looked, violations };
    },
  },
  {
    name: 'none-parked',
    says: 'no fact is put aside, waiting for another or for something that is away',
    run: async (databases) => {
      const parked = await Promise.all(
        databases.services.map(async (service) => {
          const rows = await databases.rows<{
            topic: string;
            subject: string;
            sequence: number;
            reason: string;
          }>(service, 'select topic, subject, sequence, reason from inbox_parked');
          return rows.map(
            ({ topic, subject, sequence, reason }) =>
              `${service} has parked ${topic} ${subject} #${String(sequence)}: ${reason}`,
          );
        }),
      );
      return { looked: databases.services.length, violations: parked.flat() };
    },
  },
];

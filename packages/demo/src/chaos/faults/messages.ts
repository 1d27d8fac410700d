import { createHmac, randomUUID } from 'node:crypto';
import type { IncomingMessage } from '@souk/comms/events';
import { readManifests } from '@souk/local';
import { oneOf, type Random } from '@souk/testkit';
import { fileURLToPath } from 'node:url';
import { join } from 'node:path';
import type { ChaosGround } from '../ground.js';
import type { Fault, Strike } from './fault.js';

const topics = ['order.events.v1', 'payment.events.v1', 'product.events.v1'] as const;
const servicesDir = join(fileURLToPath(new URL('../../../../../', import.meta.url)), 'services');

async function publishedTo({ events }: ChaosGround, topic: string): Promise<IncomingMessage[]> {
  const seen: IncomingMessage[] = [];
  await events.scan(topic, (message) => seen.push(message));
  return seen;
}

/** What marks the messages of `poison`. */
const poisonous = { origin: 'chaos' };

/** Each consumer of a topic buries poison as often as it comes. */
const lettersOf = (topic: string, poison: number): Strike['letters'] => ({
  [topic]:
    poison * readManifests(servicesDir).filter((manifest) => manifest.topics.consumes.includes(topic)).length,
});

async function publishAgain(
  ground: ChaosGround,
  topic: string,
  messages: readonly IncomingMessage[],
): Promise<Strike['letters']> {
  await ground.events.publish(
    topic,
    messages.map(({ key, headers, value }) => ({ key, headers, value })),
  );
  return lettersOf(topic, messages.filter(({ headers }) => headers['origin'] === poisonous.origin).length);
}

function shuffled<T>(items: readonly T[], random: Random): T[] {
  const rest = [...items];
  return items.map(() => rest.splice(Math.floor(random() * rest.length), 1)).flat();
}

const mostAgain = 500;

export const messageFaults: readonly Fault[] = [
  {
    name: 'duplicates',
    says: 'what was published last is published again, twice',
    strike: async (ground, random) => {
      const topic = oneOf(random, topics);
      const last = (await publishedTo(ground, topic)).slice(-100);
      const letters = await publishAgain(ground, topic, [...last, ...last]);
      return { what: `${String(last.length)} of ${topic}`, letters };
    },
  },
  {
    name: 'reordered',
    says: 'what was published last comes again in any order',
    strike: async (ground, random) => {
      const topic = oneOf(random, topics);
      const last = (await publishedTo(ground, topic)).slice(-100);
      const letters = await publishAgain(ground, topic, shuffled(last, random));
      return { what: `${String(last.length)} of ${topic}`, letters };
    },
  },
  {
    name: 'replay-from-start',
    says: 'a topic comes again from its beginning',
    strike: async (ground, random) => {
      const topic = oneOf(random, topics);
      const all = (await publishedTo(ground, topic)).slice(0, mostAgain);
      const letters = await publishAgain(ground, topic, all);
      return { what: `${String(all.length)} of ${topic}`, letters };
    },
  },
  {
    name: 'poison',
    says: 'messages that nobody can read are published among the others',
    strike: async (ground, random) => {
      const topic = oneOf(random, topics);
      const count = 1 + Math.floor(random() * 5);
      await ground.events.publish(
        topic,
        Array.from({ length: count }, () => ({
          key: randomUUID(),
          headers: poisonous,
          value: Buffer.from([0xff, 0xff, 0xff, 0xff]),
        })),
      );
      return { what: `${String(count)} in ${topic}`, letters: lettersOf(topic, count) };
    },
  },
  {
    name: 'webhooks-astray',
    says: "the provider's webhooks come twice, late, in any order and forged",
    strike: async (ground, random) => {
      const { providerApiKey, providerWebhookSecret } = ground.system.secrets;
      const answer = await fetch(`${ground.system.providerUrl}/v1/statement`, {
        headers: { authorization: `Bearer ${providerApiKey}` },
      });
      const { movements } = (await answer.json()) as { movements: readonly Movement[] };
      const told = shuffled(movements.slice(-60), random).map(
        ({ id, kind, authorizationId, paymentId, at }) => ({
          id,
          type: kind,
          authorizationId,
          paymentId,
          at,
        }),
      );
      const body = JSON.stringify({ events: told });
      for (const secret of [providerWebhookSecret, providerWebhookSecret, 'forged']) {
        await fetch(`${ground.system.url}/api/payments/webhooks/provider`, {
          method: 'POST',
          headers: { 'content-type': 'application/json', 'souk-signature': signature(secret, body) },
          body,
        }).catch(() => undefined);
      }
      return { what: `${String(told.length)} of them` };
    },
  },
];

interface Movement {
  readonly id: string;
  readonly kind: string;
  readonly authorizationId: string;
  readonly paymentId: string;
  readonly at: string;
}

function signature(secret: string, body: string): string {
  const at = String(Math.floor(Date.now() / 1000));
  return `t=${at},v1=${createHmac('sha256', secret).update(`${at}.${body}`).digest('hex')}`;
}

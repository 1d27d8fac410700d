import type { EventTransport, IncomingMessage, OutgoingMessage } from './transport.js';

/** A message that a consumer could not work on, with why. */
export interface DeadLetter {
  /** `topic:partition:offset` of the letter among the dead letters of its topic. */
  readonly id: string;
  /** The topic that it came from. */
  readonly topic: string;
  /** Where it stood there: `partition:offset`. */
  readonly origin: string;
  readonly consumer: string;
  readonly poisonClass: string;
  readonly code: string;
  readonly error: string;
  readonly attempts: number;
  /** ISO 8601. */
  readonly at: string;
  readonly message: IncomingMessage;
}

/** What an operator does with the dead letters of some topics. */
export interface DeadLetters {
  /** Those neither replayed nor dropped yet, oldest first. */
  list(): Promise<DeadLetter[]>;
  /**
   * Sends the message to its topic again, as it was, with its own id: consumers that dealt with it pass it over. It is
   * listed no longer; what fails again becomes a new letter.
   */
  replay(letter: DeadLetter): Promise<void>;
  /** Lists it no longer. The message stays in the topic of dead letters. */
  drop(letter: DeadLetter): Promise<void>;
}

const prefix = 'dlq_';

/**
 * The dead letters of topics. What became of a letter is itself a message behind it (header `dlq_settled`), so that
 * nothing but the event door is needed, and nothing is ever taken out of the log.
 */
export function createDeadLetters(events: EventTransport, topics: readonly string[]): DeadLetters {
  const settle = async (letter: DeadLetter, how: 'replayed' | 'dropped'): Promise<void> => {
    const record: OutgoingMessage = {
      key: letter.message.key,
      headers: { dlq_settled: letter.id, dlq_settlement: how, dlq_at: new Date().toISOString() },
      value: Buffer.alloc(0),
    };
    await events.publish(letter.message.topic, [record]);
  };
  return {
    list: async () => {
      const found = await Promise.all(topics.map((topic) => lettersOf(events, topic)));
      return found.flat().sort((a, b) => (a.at < b.at ? -1 : Number(a.at > b.at)));
    },
    replay: async (letter) => {
      const { key, value } = letter.message;
      const headers = Object.fromEntries(
        Object.entries(letter.message.headers).filter(([name]) => !name.startsWith(prefix)),
      );
      await events.publish(letter.topic, [{ key, headers, value }]);
      await settle(letter, 'replayed');
    },
    drop: (letter) => settle(letter, 'dropped'),
  };
}

async function lettersOf(events: EventTransport, topic: string): Promise<DeadLetter[]> {
  const letters = new Map<string, DeadLetter>();
  const settled = new Set<string>();
  await events.scan(`${topic}.dlq`, (message) => {
    const settles = message.headers['dlq_settled'];
    if (settles !== undefined) settled.add(settles);
    else letters.set(idOf(topic, message), letterOf(topic, message));
  });
  for (const id of settled) letters.delete(id);
  return [...letters.values()];
}

const idOf = (topic: string, { partition, offset }: IncomingMessage): string =>
  `${topic}:${String(partition)}:${offset}`;

function letterOf(topic: string, message: IncomingMessage): DeadLetter {
  const header = (name: string) => message.headers[`${prefix}${name}`] ?? '';
  return {
    id: idOf(topic, message),
    topic,
    origin: `${header('partition')}:${header('offset')}`,
    consumer: header('consumer'),
    poisonClass: header('class'),
    code: header('error_code'),
    error: header('error'),
    attempts: Number(header('attempts')),
    at: header('at'),
    message,
  };
}

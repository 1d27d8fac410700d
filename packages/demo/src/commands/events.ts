import { parseArgs } from 'node:util';
import { createDeadLetters, createEvents, type DeadLetter, type DeadLetters } from '@souk/comms/events';
import { createLogger } from '@souk/comms/telemetry';
import { readEvent } from '@souk/contracts/events';
import { topics } from '@souk/contracts/topics';
import { findRunningSystem } from '../running-system.js';
import { textTable } from '../table.js';

const usage = `npm run events -- list                       the dead letters of every topic
npm run events -- show ID                    one of them, with its headers and payload
npm run events -- replay ID … | --all        sends them to their topics again, with their own ids
npm run events -- drop ID … | --all          lists them no longer

With list and --all: --topic TOPIC, --consumer SERVICE, --class undecodable|invalid|rejected|transient
The system: the one that runs from --data FOLDER (.souk), or --events-url kafka://… or postgres://…`;

const options = {
  data: { type: 'string', default: '.souk' },
  'events-url': { type: 'string' },
  topic: { type: 'string' },
  consumer: { type: 'string' },
  class: { type: 'string' },
  all: { type: 'boolean', default: false },
} as const;

interface Wanted {
  readonly topic?: string | undefined;
  readonly consumer?: string | undefined;
  readonly class?: string | undefined;
  readonly all: boolean;
  readonly ids: readonly string[];
}

/** `npm run events`: the dead letters of a running system, for its operator. */
export async function run(args: readonly string[]): Promise<void> {
  const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true });
  const [action, ...ids] = positionals;
  const command = action === undefined ? undefined : commands[action];
  if (!command) throw new Error(`Say what to do with the dead letters:\n\n${usage}`);
  const wanted = { ...values, ids };
  if (wanted.topic !== undefined && !Object.hasOwn(topics, wanted.topic))
    throw new Error(`There is no topic ${wanted.topic}: choose one of ${Object.keys(topics).join(', ')}.`);
  const events = await createEvents({
    url: values['events-url'] ?? findRunningSystem(values.data).eventsUrl,
    clientId: 'operator',
    logger: createLogger({ service: 'events', instance: 'operator', level: 'silent' }),
  });
  try {
    await command(createDeadLetters(events, wanted.topic ? [wanted.topic] : Object.keys(topics)), wanted);
  } finally {
    await events.close();
  }
}

const commands: Readonly<Record<string, (letters: DeadLetters, wanted: Wanted) => Promise<void>>> = {
  list: async (letters, wanted) => {
    const found = (await letters.list()).filter((letter) => matches(letter, wanted));
    say(found.length === 0 ? 'There are no dead letters.' : listOf(found));
  },
  show: async (letters, wanted) => {
    for (const letter of chosen(await letters.list(), wanted))
      say(JSON.stringify(detailsOf(letter), null, 2));
  },
  replay: async (letters, wanted) => {
    const found = chosen(await letters.list(), wanted);
    for (const letter of found) await letters.replay(letter);
    say(`Replayed: ${String(found.length)}. What fails again is listed again, as a new letter.`);
  },
  drop: async (letters, wanted) => {
    const found = chosen(await letters.list(), wanted);
    for (const letter of found) await letters.drop(letter);
    say(`Dropped: ${String(found.length)}. They stay in the topics of dead letters, unlisted.`);
  },
};

const say = (text: string): boolean => process.stdout.write(`${text}\n`);

const matches = (letter: DeadLetter, wanted: Wanted): boolean =>
  (wanted.consumer ?? letter.consumer) === letter.consumer &&
  (wanted.class ?? letter.poisonClass) === letter.poisonClass;

function chosen(letters: readonly DeadLetter[], wanted: Wanted): DeadLetter[] {
  if (wanted.all) return letters.filter((letter) => matches(letter, wanted));
  if (wanted.ids.length === 0) throw new Error(`Name letters by their ids, or all of them:\n\n${usage}`);
  return wanted.ids.map((id) => {
    const letter = letters.find((one) => one.id === id);
    if (!letter)
      throw new Error(`There is no dead letter ${id}: npm run events -- list shows those there are.`);
    return letter;
  });
}

const listOf = (letters: readonly DeadLetter[]): string =>
  textTable(
    ['id', 'at', 'consumer', 'class', 'type', 'subject', 'error'],
    letters.map((letter) => [
      letter.id,
      letter.at,
      letter.consumer,
      letter.poisonClass,
      letter.message.headers['ce_type'] ?? '',
      letter.message.headers['ce_subject'] ?? '',
      letter.error.slice(0, 80),
    ]),
  );

function detailsOf({ message, ...letter }: DeadLetter) {
  const { ce_type: type = '' } = message.headers;
  return {
    ...letter,
    key: message.key,
    headers: message.headers,
    payload: readEvent(type, message.value) ?? { base64: message.value.toString('base64') },
  };
}

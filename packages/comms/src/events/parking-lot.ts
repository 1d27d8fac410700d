import { createLoop } from '../resilience/index.js';
import type { Logger, MessagingMeasures } from '../telemetry/index.js';
import type { Envelope } from './envelope.js';
import { groupBy } from './group-by.js';
import type { Parked, ParkedRows, ParkedState } from './parked-rows.js';
import type { IncomingMessage } from './transport.js';

const emptyPollMs = 1000;
const pollMs = 100;
const alarmAfterMs = 60_000;
const alarmEveryMs = 60_000;

export interface ParkingLotOptions {
  readonly rows: ParkedRows;
  readonly logger: Logger;
  readonly measures: MessagingMeasures;
  /** One try; undefined when the message is dealt with, otherwise what it waits for. */
  readonly tryAgain: (message: IncomingMessage, attempts: number) => Promise<string | undefined>;
  /** How many messages may stand here before partitions wait instead. */
  readonly capacity: number;
}

/**
 * Where messages stand that cannot be worked on yet, so that the rest of their partition goes on: durable, in the
 * consumer's own database, and tried again by whichever instance comes first. A subject's order is kept by the inbox,
 * which takes a message in only after its predecessor.
 */
export interface ParkingLot {
  start(): void;
  stop(): Promise<void>;
  /** @returns false when the lot is full */
  park(message: IncomingMessage, envelope: Envelope, state: ParkedState): Promise<boolean>;
  /** An event took effect: the one after it is due now, if it stands here. */
  follow(topic: string, envelope: Envelope): Promise<void>;
}

export function createParkingLot({
  rows,
  logger,
  measures,
  tryAgain,
  capacity,
}: ParkingLotOptions): ParkingLot {
  // As last counted, and with what this instance parked since; what others park shows at the next count.
  let standing = 0;
  let alarmedAt = -Infinity;

  const look = async (): Promise<void> => {
    const { count, oldestMs } = await rows.count();
    standing = count;
    measures.waiting(count);
    if (oldestMs < alarmAfterMs || Date.now() - alarmedAt < alarmEveryMs) return;
    alarmedAt = Date.now();
    logger.error(
      { parked: count, oldestSeconds: Math.round(oldestMs / 1000) },
      'events have been parked for more than a minute',
    );
  };
  /** Tries a subject's messages in their order until one must wait. */
  const retry = async (line: readonly Parked[]): Promise<void> => {
    for (const parked of line) {
      const reason = await tryAgain(parked.message, parked.attempts);
      if (reason !== undefined) {
        await rows.postpone(parked, reason);
        return;
      }
      await rows.remove(parked);
    }
  };
  const loop = createLoop(
    async () => {
      await look();
      if (standing === 0) return emptyPollMs;
      const lines = groupBy(await rows.claim(), ({ message, subject }) => `${message.topic} ${subject}`);
      await Promise.all(lines.map(retry));
      return pollMs;
    },
    {
      onError: (error) => {
        logger.warn({ reason: String(error) }, 'parked events could not be tried; trying on');
      },
    },
  );
  return {
    start: loop.start,
    stop: loop.stop,
    park: async (message, envelope, state) => {
      if (standing >= capacity) return false;
      await rows.insert(message, envelope, state);
      standing += 1;
      measures.parked(message.topic);
      logger.warn(
        { topic: message.topic, subject: envelope.subject, sequence: envelope.sequence, ...state },
        'an event was parked; its partition goes on',
      );
      return true;
    },
    follow: async (topic, { subject, sequence }) => {
      if (standing > 0 && (await rows.makeDue(topic, subject, sequence + 1))) loop.poke();
    },
  };
}

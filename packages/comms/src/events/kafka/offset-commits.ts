import type { Consumer } from 'kafkajs';
import type { Logger } from '../../telemetry/index.js';

/** Effects are remembered by the inbox, so a late commit costs no more than deliveries that change nothing. */
const commitEveryMs = 200;

/** Gathers the offsets of finished batches and commits them together. */
export interface OffsetCommits {
  /** @param offset the last one that is done with */
  done(topic: string, partition: number, offset: string): void;
  /** Commits what is gathered, now. */
  flush(): Promise<void>;
}

export function createOffsetCommits(consumer: Consumer, logger: Logger): OffsetCommits {
  let gathered = new Map<string, { topic: string; partition: number; offset: string }>();
  let timer: NodeJS.Timeout | undefined;

  // Whoever gets the partitions next starts from what was committed; the inbox drops what was done beyond it.
  consumer.on(consumer.events.REBALANCING, () => {
    gathered = new Map();
  });
  const flush = async (): Promise<void> => {
    clearTimeout(timer);
    timer = undefined;
    const offsets = [...gathered.values()];
    gathered = new Map();
    if (offsets.length > 0) await consumer.commitOffsets(offsets);
  };
  const flushLater = () => {
    timer ??= setTimeout(() => {
      flush().catch((error: unknown) => {
        logger.warn({ reason: String(error) }, 'offsets were not committed; some events will come again');
      });
    }, commitEveryMs);
  };
  return {
    done: (topic, partition, offset) => {
      gathered.set(`${topic}/${String(partition)}`, {
        topic,
        partition,
        offset: String(BigInt(offset) + 1n),
      });
      flushLater();
    },
    flush,
  };
}

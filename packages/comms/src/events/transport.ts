import type { Logger } from '../telemetry/index.js';

/** A message on its way to a topic. */
export interface OutgoingMessage {
  /** Messages of one key keep their order. */
  readonly key: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly value: Buffer;
}

/** A message as a topic holds it. */
export interface IncomingMessage extends OutgoingMessage {
  readonly topic: string;
  readonly partition: number;
  readonly offset: string;
}

/** What became of a batch of one partition. */
export interface BatchOutcome {
  /** How many messages, from the first on, are dealt with for good; their offsets may be committed. */
  readonly done: number;
  /** When not all are: how long this partition shall wait before the rest is delivered again. */
  readonly retryAfterMs?: number;
}

export interface ConsumeOptions {
  readonly group: string;
  readonly topics: readonly string[];
  /** Gets messages of one partition in their order; partitions at the same time. `signal`: no longer ours, stop. */
  readonly onBatch: (messages: readonly IncomingMessage[], signal: AbortSignal) => Promise<BatchOutcome>;
  /** The consumer cannot go on; only a restart of the process helps. */
  readonly onCrash: (error: Error) => void;
}

export interface Consumption {
  /** Ends the batches in progress, commits, leaves the group. */
  stop(): Promise<void>;
  /** The reason when it makes no progress any more. */
  checkLive(): string | undefined;
}

/** Counts of a topic since it was made. Capacity is what it holds before the oldest messages are dropped. */
export interface TopicFigures {
  readonly topic: string;
  readonly produced: number;
  /** Committed messages by consumer group. */
  readonly committed: Readonly<Record<string, number>>;
  /** Null when nothing but the disk limits it. */
  readonly capacityBytes: number | null;
}

export interface TopicSpec {
  readonly topic: string;
  readonly partitions: number;
  /** Nothing is dropped for its age. */
  readonly keptForEver?: boolean;
}

/** The small interface that both transports stand behind. Delivery is at least once, in order per key. */
export interface EventTransport {
  readonly kind: 'kafka' | 'local';
  /** Resolves when the messages are durable, and rejects when they may not be. */
  publish(topic: string, messages: readonly OutgoingMessage[]): Promise<void>;
  consume(options: ConsumeOptions): Promise<Consumption>;
  /** Shows what a topic holds at this moment, each partition from its beginning, to nobody's account. */
  scan(topic: string, visit: (message: IncomingMessage) => void): Promise<void>;
  ensureTopics(topics: readonly TopicSpec[]): Promise<void>;
  figures(topics: readonly string[], groups: readonly string[]): Promise<TopicFigures[]>;
  /** Undefined when the brokers answer, otherwise why not. */
  check(): Promise<string | undefined>;
  close(): Promise<void>;
}

export interface TransportOptions {
  readonly url: string;
  readonly clientId: string;
  readonly logger: Logger;
}

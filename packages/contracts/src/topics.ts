import { topics } from './generated/topics.js';

/**
 * Every topic, with the full names of the protobuf messages that may travel on it (the `ce_type` header): each
 * `events.proto` is a topic. A breaking change of a message is a new topic (`.v2`), both published for one release.
 */
export { topics };

export type Topic = keyof typeof topics;

/** Every topic has as many partitions, so that a key's partition is the same wherever it is counted. */
export const partitionsPerTopic = 6;

/** Where a topic's poison messages go. */
export const deadLetterTopicOf = (topic: string): string => `${topic}.dlq`;

/** Each topic and its dead-letter topic, with their partitions: what an init job creates. */
export const topicsToCreate = Object.keys(topics).flatMap((topic) => [
  { topic, partitions: partitionsPerTopic },
  { topic: deadLetterTopicOf(topic), partitions: partitionsPerTopic, keptForEver: true },
]);

import type { Meter } from '@opentelemetry/api';

/** Counts of the event door, per topic; rates are differences of these over time. */
export interface MessagingMeasures {
  published(topic: string, messages: number, bytes: number): void;
  consumed(topic: string, messages: number, bytes: number): void;
  /** Time that handlers spent: consumed messages ÷ busy seconds is the most this consumer could take. */
  busy(topic: string, milliseconds: number): void;
  deadLettered(topic: string): void;
  unknownType(topic: string): void;
  /** A message was put aside, for its partition to go on. */
  parked(topic: string): void;
  /** How many messages are put aside at this moment. */
  waiting(messages: number): void;
}

export function messagingMeasures(meter: Meter): MessagingMeasures {
  const counter = (name: string, unit: string) => meter.createCounter(name, { unit });
  const publishedMessages = counter('messaging.client.published.messages', '{message}');
  const publishedBytes = counter('messaging.client.published.size', 'By');
  const consumedMessages = counter('messaging.client.consumed.messages', '{message}');
  const consumedBytes = counter('messaging.client.consumed.size', 'By');
  const busyMs = counter('messaging.process.busy', 'ms');
  const deadLetters = counter('messaging.client.dead_lettered.messages', '{message}');
  const unknown = counter('messaging.client.unknown_type.messages', '{message}');
  const parkedMessages = counter('messaging.client.parked.messages', '{message}');
  const waitingMessages = meter.createGauge('messaging.client.parked.waiting', { unit: '{message}' });
  const of = (topic: string) => ({ 'messaging.destination.name': topic });
  return {
    published: (topic, messages, bytes) => {
      publishedMessages.add(messages, of(topic));
      publishedBytes.add(bytes, of(topic));
    },
    consumed: (topic, messages, bytes) => {
      consumedMessages.add(messages, of(topic));
      consumedBytes.add(bytes, of(topic));
    },
    busy: (topic, milliseconds) => {
      busyMs.add(milliseconds, of(topic));
    },
    deadLettered: (topic) => {
      deadLetters.add(1, of(topic));
    },
    unknownType: (topic) => {
      unknown.add(1, of(topic));
    },
    parked: (topic) => {
      parkedMessages.add(1, of(topic));
    },
    waiting: (messages) => {
      waitingMessages.record(messages);
    },
  };
}

export { createConsumer, type Consumer, type ConsumerOptions } from './consumer.js';
export { on, type EventHandler, type Subscription } from './deal.js';
export { createEvents, ensureTopics } from './create-events.js';
export { createDeadLetters, type DeadLetter, type DeadLetters } from './dead-letters.js';
export { readEnvelope, type Envelope } from './envelope.js';
export type {
  BatchOutcome,
  ConsumeOptions,
  Consumption,
  EventTransport,
  IncomingMessage,
  OutgoingMessage,
  TopicFigures,
  TopicSpec,
  TransportOptions,
} from './transport.js';

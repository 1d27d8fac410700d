export {
  createConsumer,
  on,
  type Consumer,
  type ConsumerOptions,
  type EventHandler,
  type Subscription,
} from './consumer.js';
export { createEvents, ensureTopics } from './create-events.js';
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

import { UserRegistered } from './generated/souk/identity/v1/events.js';
import {
  OrderCancelled,
  OrderConfirmed,
  OrderPaid,
  OrderPlaced,
  OrderRefunded,
} from './generated/souk/order/v1/events.js';
import {
  PaymentActionRequired,
  PaymentAuthorized,
  PaymentCaptured,
  PaymentCaptureFailed,
  PaymentDeclined,
  PaymentRefunded,
  PaymentStarted,
  PaymentVoided,
} from './generated/souk/payment/v1/events.js';
import {
  ProductChanged,
  ProductCreated,
  StockCommitted,
  StockReleased,
  StockReserved,
  StockSet,
} from './generated/souk/product/v1/events.js';

/** Every topic has as many partitions, so that a key's partition is the same wherever it is counted. */
export const partitionsPerTopic = 6;

/** Where a topic's poison messages go. */
export const deadLetterTopicOf = (topic: string): string => `${topic}.dlq`;

/**
 * Every topic, with the event messages that may travel on it by their full protobuf name (the `ce_type` header).
 * A breaking change of a message is a new topic (`.v2`), with both published for one release.
 */
export const topics = {
  'identity.events.v1': { 'souk.identity.v1.UserRegistered': UserRegistered },
  'product.events.v1': {
    'souk.product.v1.ProductCreated': ProductCreated,
    'souk.product.v1.ProductChanged': ProductChanged,
    'souk.product.v1.StockSet': StockSet,
    'souk.product.v1.StockReserved': StockReserved,
    'souk.product.v1.StockCommitted': StockCommitted,
    'souk.product.v1.StockReleased': StockReleased,
  },
  'order.events.v1': {
    'souk.order.v1.OrderPlaced': OrderPlaced,
    'souk.order.v1.OrderConfirmed': OrderConfirmed,
    'souk.order.v1.OrderPaid': OrderPaid,
    'souk.order.v1.OrderCancelled': OrderCancelled,
    'souk.order.v1.OrderRefunded': OrderRefunded,
  },
  'payment.events.v1': {
    'souk.payment.v1.PaymentStarted': PaymentStarted,
    'souk.payment.v1.PaymentActionRequired': PaymentActionRequired,
    'souk.payment.v1.PaymentAuthorized': PaymentAuthorized,
    'souk.payment.v1.PaymentDeclined': PaymentDeclined,
    'souk.payment.v1.PaymentCaptured': PaymentCaptured,
    'souk.payment.v1.PaymentCaptureFailed': PaymentCaptureFailed,
    'souk.payment.v1.PaymentVoided': PaymentVoided,
    'souk.payment.v1.PaymentRefunded': PaymentRefunded,
  },
} as const;

export type Topic = keyof typeof topics;

/** Each topic and its dead-letter topic, with their partitions: what an init job creates. */
export const topicsToCreate = (Object.keys(topics) as Topic[]).flatMap((topic) => [
  { topic, partitions: partitionsPerTopic },
  { topic: deadLetterTopicOf(topic), partitions: partitionsPerTopic },
]);

import { randomUUID } from 'node:crypto';
import type { Consumption } from '@souk/comms/events';
import { OrderCancelled, OrderConfirmed, OrderPlaced } from '@souk/contracts/order/v1/events';
import { uuidv7 } from 'uuidv7';
import { eventually } from './eventually.js';
import type { Ground } from './ground.js';

export interface TestOrder {
  readonly orderId: string;
  readonly paymentId: string;
  readonly customerId: string;
  /** How many events of the order were published. */
  sequence: number;
}

/** Plays the order service: publishes its events, listens to payment's. */
export interface Shop {
  place(token: string, amount?: number): Promise<TestOrder>;
  confirm(order: TestOrder): Promise<void>;
  cancel(order: TestOrder): Promise<void>;
  /** Publishes the latest event of the order once more. */
  repeat(order: TestOrder): Promise<void>;
  /** The payment's events so far, without `Payment` before their names. */
  eventsOf(order: TestOrder): string[];
  /** Waits for the event. */
  heard(order: TestOrder, event: string, withinMs?: number): Promise<string[]>;
  stop(): Promise<void>;
}

export async function openShop({ events }: Pick<Ground, 'events'>): Promise<Shop> {
  const heard = new Map<string, string[]>();
  const latest = new Map<string, { key: string; headers: Record<string, string>; value: Buffer }>();
  const seen = new Set<string>();
  const consumption: Consumption = await events.consume({
    group: 'test',
    topics: ['payment.events.v1'],
    onCrash: () => undefined,
    onBatch: (messages) => {
      for (const { key, headers } of messages) {
        const id = headers['ce_id'] ?? '';
        if (seen.has(id)) continue;
        seen.add(id);
        heard.set(key, [...(heard.get(key) ?? []), (headers['ce_type'] ?? '').replace(/^.*\.Payment/, '')]);
      }
      return Promise.resolve({ done: messages.length });
    },
  });
  const publish = async (order: TestOrder, type: string, bytes: Uint8Array) => {
    order.sequence += 1;
    const message = {
      key: order.orderId,
      value: Buffer.from(bytes),
      headers: {
        ce_specversion: '1.0',
        ce_id: randomUUID(),
        ce_type: `souk.order.v1.${type}`,
        ce_source: '/souk/order',
        ce_subject: order.orderId,
        ce_sequence: String(order.sequence),
        ce_time: new Date().toISOString(),
      },
    };
    latest.set(order.orderId, message);
    await events.publish('order.events.v1', [message]);
  };
  const eventsOf = ({ paymentId }: TestOrder) => heard.get(paymentId) ?? [];
  return {
    place: async (paymentToken, amount = 1999) => {
      const order = { orderId: uuidv7(), paymentId: uuidv7(), customerId: uuidv7(), sequence: 0 };
      const total = { amount, currency: 'EUR' };
      await publish(
        order,
        'OrderPlaced',
        OrderPlaced.encode({ ...order, total, paymentToken, lines: [] }).finish(),
      );
      return order;
    },
    confirm: (order) => publish(order, 'OrderConfirmed', OrderConfirmed.encode(order).finish()),
    cancel: (order) =>
      publish(
        order,
        'OrderCancelled',
        OrderCancelled.encode({ orderId: order.orderId, reason: 'test' }).finish(),
      ),
    repeat: async ({ orderId }) => {
      const message = latest.get(orderId);
      if (message) await events.publish('order.events.v1', [message]);
    },
    eventsOf,
    heard: (order, event, withinMs = 90_000) =>
      eventually(
        () => eventsOf(order),
        (types) => types.includes(event),
        withinMs,
      ),
    stop: () => consumption.stop(),
  };
}

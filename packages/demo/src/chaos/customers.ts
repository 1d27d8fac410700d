import { setTimeout as delay } from 'node:timers/promises';
import { call, createRandom, oneOf, type Method, type Random } from '@souk/testkit';
import { orderBody } from '../api/order-body.js';
import type { Act, AnsweredOrder, Deed } from './history.js';

export interface Customer {
  readonly name: string;
  readonly token: string;
}

export interface Crowd {
  readonly url: string;
  readonly customers: readonly Customer[];
  readonly adminToken: string;
  readonly productIds: readonly string[];
  readonly random: Random;
}

/** Customers at work; what they asked and what they were told gathers in `acts`. */
export interface Workload {
  readonly acts: readonly Act[];
  /** They begin nothing new, and go on asking until everything they began is answered. */
  finish(): Promise<void>;
}

const answerWithinMs = 6000;
const patienceMs = 150_000;
/** Whoever is not answered waits a little, and longer each time, up to the second that Retry-After asks for. */
const firstWaitMs = 150;
const longestWaitMs = 1000;
const thinksForAtMostMs = 500;
/** Mostly sound ones; the rest is what a provider does on a bad day. */
const paymentTokens = [
  ...Array.from({ length: 14 }, () => 'tok_visa'),
  'tok_mastercard',
  'tok_mastercard',
  'tok_declined',
  'tok_insufficient_funds',
  'tok_flaky',
  'tok_slow',
  'tok_lost',
];

/** Whoever was told one of these asks again, with the same key. */
const isUnsettled = (status: number, { code }: AnsweredOrder): boolean =>
  status >= 500 || status === 429 || (status === 409 && code === 'in_flight');

export function startCustomers(crowd: Crowd): Workload {
  const startedAt = performance.now();
  const acts: Act[] = [];
  let isOver = false;

  const perform = async (
    act: Omit<Act, 'attempts' | 'answer'>,
    request: { target: `${Method} ${string}`; token: string; body?: unknown },
  ): Promise<Act> => {
    const recorded: Act = { ...act, attempts: [], answer: undefined };
    acts.push(recorded);
    const giveUpAt = performance.now() + patienceMs;
    let waitMs = firstWaitMs;
    while (performance.now() < giveUpAt) {
      const atMs = performance.now();
      const noted = (outcome: number | string) =>
        recorded.attempts.push({ atMs: atMs - startedAt, tookMs: performance.now() - atMs, outcome });
      try {
        const { status, body } = await call<AnsweredOrder>(crowd.url, request.target, {
          token: request.token,
          body: request.body,
          withinMs: answerWithinMs,
          ...(act.key === undefined ? {} : { idempotencyKey: act.key }),
        });
        noted(status);
        if (!isUnsettled(status, body)) {
          recorded.answer = { status, body };
          break;
        }
      } catch (error) {
        noted(error instanceof Error ? error.message : String(error));
      }
      await delay(waitMs);
      waitMs = Math.min(longestWaitMs, waitMs * 1.5);
    }
    return recorded;
  };

  const shop = async (customer: Customer, random: Random): Promise<void> => {
    const act = (deed: Deed, more: { key?: string; orderId?: string } = {}) => ({
      customer: customer.name,
      deed,
      key: more.key,
      orderId: more.orderId,
    });
    const uuid = () => uuidFrom(random);
    const place = (key: string, body: unknown) =>
      perform(act('place', { key }), { target: 'POST /api/orders', token: customer.token, body });
    const read = (orderId: string) =>
      perform(act('read', { orderId }), { target: `GET /api/orders/${orderId}`, token: customer.token });

    while (!isOver) {
      const key = uuid();
      const body = wantedBy(random, crowd.productIds);
      const placed = await place(key, body);
      const orderId = placed.answer?.status === 201 ? placed.answer.body.id : undefined;
      placed.orderId = orderId;
      if (orderId !== undefined) {
        await read(orderId);
        if (random() < 0.2) await place(key, body);
        if (random() < 0.2)
          await perform(act('cancel', { orderId, key: uuid() }), {
            target: `POST /api/orders/${orderId}/cancel`,
            token: customer.token,
          });
        else if (random() < 0.25) await refundOnceSettled(orderId, { read, key: uuid(), act });
        await read(orderId);
      }
      await delay(random() * thinksForAtMostMs);
    }
  };

  const refundOnceSettled = async (
    orderId: string,
    how: {
      key: string;
      read: (orderId: string) => Promise<Act>;
      act: (deed: Deed, more: { key?: string; orderId?: string }) => Omit<Act, 'attempts' | 'answer'>;
    },
  ): Promise<void> => {
    for (let looks = 0; looks < 10; looks += 1) {
      const { answer } = await how.read(orderId);
      if (answer?.body.status === 'cancelled') return;
      if (answer?.body.status === 'paid') {
        const paymentId = (answer.body as { payment?: { id: string } }).payment?.id ?? '';
        await perform(how.act('refund', { orderId, key: how.key }), {
          target: `POST /api/payments/${paymentId}/refunds`,
          token: crowd.adminToken,
          body: { reason: 'Changed my mind.' },
        });
        return;
      }
      await delay(200);
    }
  };

  // Each draws from a row of its own, so that what one does never depends on when another acts.
  const working = Promise.all(
    crowd.customers.map((customer) => shop(customer, createRandom(crowd.random() * 2 ** 32))),
  );
  return {
    acts,
    finish: async () => {
      isOver = true;
      await working;
    },
  };
}

function uuidFrom(random: Random): string {
  const hex = Array.from({ length: 32 }, () => Math.floor(random() * 16).toString(16)).join('');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20)}`;
}

function wantedBy(random: Random, productIds: readonly string[]): unknown {
  const wanted = new Set(
    Array.from({ length: 1 + Math.floor(random() * 3) }, () => oneOf(random, productIds)),
  );
  const items = [...wanted].map((productId) => ({ productId, quantity: 1 + Math.floor(random() * 3) }));
  return orderBody(items, oneOf(random, paymentTokens));
}

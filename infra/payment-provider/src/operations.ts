import { randomUUID } from 'node:crypto';
import type { Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { refundable, type Authorization, type Book, type Movement } from './book.js';
import { behaviourOf } from './tokens.js';

const slowMs = 3000;
const failuresOfFlaky = 2;
const holdAtMostMs = 60_000;

export interface AuthorizationRequest {
  readonly paymentId: string;
  readonly amount: number;
  readonly currency: string;
  readonly token: string;
}

/** The authorization as it is now, or why nothing was done. */
export type Outcome = Authorization | 'unavailable' | 'conflict';

/** What merchants can ask for. Each is safe to repeat. */
export interface Operations {
  authorize(request: AuthorizationRequest): Promise<Outcome | 'lost'>;
  confirm(authorization: Authorization): Outcome;
  capture(authorization: Authorization): Outcome;
  void(authorization: Authorization): Outcome;
  refund(authorization: Authorization, refund: { key: string; amount: number }): Outcome;
  /** Keeps a caller waiting for an answer that never comes. */
  hold(socket: Socket): void;
  /** Lets go of everybody who waits. */
  stop(): void;
}

/** @param record writes a movement down and tells of it; answers the authorization after it */
export function createOperations(book: Book, record: (movement: Movement) => Authorization): Operations {
  const failures = new Map<string, number>();
  const held = new Set<Socket>();
  const stopping = new AbortController();
  const move = (
    { id, paymentId, amount, currency }: Omit<Authorization, 'status' | 'reason' | 'refunds'>,
    kind: Movement['kind'],
    details: { amount?: number; key?: string; reason?: string } = {},
  ): Authorization =>
    record({
      id: `evt_${randomUUID()}`,
      kind,
      authorizationId: id,
      paymentId,
      amount,
      currency,
      at: new Date().toISOString(),
      ...details,
    });

  return {
    authorize: async ({ paymentId, amount, currency, token }) => {
      const known = book.findByPayment(paymentId);
      if (known) return known.amount === amount && known.currency === currency ? known : 'conflict';
      const { verdict, reason, answer } = behaviourOf(token);
      if (answer === 'flaky') {
        const failed = failures.get(paymentId) ?? 0;
        failures.set(paymentId, failed + 1);
        if (failed < failuresOfFlaky) return 'unavailable';
        failures.delete(paymentId);
      }
      const made = move(
        { id: `auth_${randomUUID()}`, paymentId, amount, currency },
        verdict,
        reason === undefined ? {} : { reason },
      );
      if (answer === 'slow')
        await delay(slowMs, undefined, { signal: stopping.signal }).catch(() => undefined);
      return answer === 'lost' ? 'lost' : made;
    },
    confirm: (authorization) => {
      if (authorization.status === 'requires_action') return move(authorization, 'confirmed');
      return authorization.status === 'authorized' || authorization.status === 'captured'
        ? authorization
        : 'conflict';
    },
    capture: (authorization) => {
      if (authorization.status === 'authorized') return move(authorization, 'captured');
      return authorization.status === 'captured' ? authorization : 'conflict';
    },
    void: (authorization) => {
      const { status } = authorization;
      if (status === 'authorized' || status === 'requires_action') return move(authorization, 'voided');
      return status === 'voided' ? authorization : 'conflict';
    },
    refund: (authorization, { key, amount }) => {
      const known = authorization.refunds.find((refund) => refund.key === key);
      if (known) return known.amount === amount ? authorization : 'conflict';
      if (authorization.status !== 'captured' || amount > refundable(authorization)) return 'conflict';
      return move(authorization, 'refunded', { key, amount });
    },
    hold: (socket) => {
      held.add(socket);
      const timer = setTimeout(() => socket.destroy(), holdAtMostMs);
      socket.once('close', () => {
        clearTimeout(timer);
        held.delete(socket);
      });
    },
    stop: () => {
      stopping.abort();
      for (const socket of held) socket.destroy();
    },
  };
}

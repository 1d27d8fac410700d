import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  askRefund,
  decided,
  onOrderCancelled,
  onOrderConfirmed,
  onOutcome,
  started,
  type Decision,
} from './decisions.js';
import type { AccountCode, Transfer } from './ledger.js';
import type { PaymentState, Refund } from './payment.js';

const seed = Number(process.env['SEED'] ?? Date.now() % 2 ** 31);

interface World {
  payment: PaymentState;
  transfers: Transfer[];
  pending: Refund[];
}

const amount = 1000;
const step = fc.oneof(
  fc.constant({ kind: 'confirmed' } as const),
  fc.constant({ kind: 'cancelled' } as const),
  fc.record({ kind: fc.constant('refund' as const), amount: fc.integer({ min: 1, max: amount }) }),
  fc.record({
    kind: fc.constant('provider' as const),
    answer: fc.constantFrom('yes', 'no', 'lost', 'action'),
  }),
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

/** The provider's answer to whatever is wanted, as a legal provider could give it. */
function answered({ payment, pending }: World, answer: string, id: string): Decision {
  const [refund] = pending;
  const yes = { authorize: 'authorized', capture: 'captured', void: 'voided' } as const;
  if (payment.wanted === null) return { changes: {} };
  if (answer === 'lost') return onOutcome(payment, { kind: 'lost' }, id);
  if (payment.wanted === 'refund') {
    if (!refund) return { changes: {} };
    return onOutcome(payment, { kind: answer === 'no' ? 'refund_refused' : 'refunded', refund }, id);
  }
  if (payment.wanted === 'authorize' && answer === 'no')
    return onOutcome(payment, { kind: 'declined', reason: 'no' }, id);
  if (payment.wanted === 'authorize' && answer === 'action')
    return onOutcome(payment, { kind: 'requires_action', providerId: 'a' }, id);
  if (payment.wanted === 'capture' && answer === 'no')
    return onOutcome(payment, { kind: 'capture_refused', reason: 'no' }, id);
  return onOutcome(payment, { kind: yes[payment.wanted], providerId: 'a' }, id);
}

function decide(world: World, happened: Step, id: string): Decision {
  switch (happened.kind) {
    case 'confirmed':
      return onOrderConfirmed(world.payment);
    case 'cancelled':
      return onOrderCancelled(world.payment, id);
    case 'refund':
      return askRefund(world.payment, { id, amount: happened.amount, reason: 'r' }) ?? { changes: {} };
    case 'provider':
      return answered(world, happened.answer, id);
  }
}

function apply(world: World, happened: Step, id: string): void {
  const { payment } = world;
  const tried = happened.kind === 'provider' ? { ...payment, attempts: payment.attempts + 1 } : payment;
  const decision = decide({ ...world, payment: tried }, happened, id);
  world.payment = decided(tried, decision, null);
  world.transfers.push(...(decision.transfers ?? []));
  world.pending = world.pending.filter((refund) => refund !== decision.settled?.refund);
  if (decision.refund) world.pending.push(decision.refund);
}

function balances(transfers: readonly Transfer[]): Record<AccountCode, number> {
  const sums = { holds: 0, hold_obligations: 0, provider: 0, sales: 0 };
  for (const { debit, credit, amount: moved } of transfers) {
    sums[debit] += moved;
    sums[credit] -= moved;
  }
  return sums;
}

describe(`the ledger of any history (seed ${String(seed)})`, () => {
  it('balances, holds what is held, sells what is captured, and nets to zero once a cancelled payment rests', () => {
    const history = fc.array(step, { maxLength: 30 });
    fc.assert(
      fc.property(history, (steps) => {
        const first = { id: 'p', orderId: 'o', customerId: 'c', amount, currency: 'EUR', token: 't' };
        const world: World = {
          payment: started(first, { owner: 'me', traceparent: '' }),
          transfers: [],
          pending: [],
        };
        let id = 0;
        for (const happened of steps) apply(world, happened, String((id += 1)));
        const check = () => {
          const { payment } = world;
          const sums = balances(world.transfers);
          expect(sums.holds + sums.hold_obligations + sums.provider + sums.sales).toBe(0);
          expect(sums.holds).toBe(payment.held ? amount : 0);
          expect(sums.provider).toBe(payment.captured - payment.refunded);
          expect(payment.refunding).toBe(world.pending.reduce((sum, refund) => sum + refund.amount, 0));
          expect(payment.refunded + payment.refunding).toBeLessThanOrEqual(payment.captured);
          expect(world.transfers.filter(({ kind }) => kind === 'sale').length).toBeLessThanOrEqual(1);
        };
        check();
        apply(world, { kind: 'cancelled' }, String((id += 1)));
        while (world.payment.wanted !== null)
          apply(world, { kind: 'provider', answer: 'yes' }, String((id += 1)));
        check();
        expect(balances(world.transfers)).toEqual({ holds: 0, hold_obligations: 0, provider: 0, sales: 0 });
      }),
      { seed, numRuns: 2000 },
    );
  });
});

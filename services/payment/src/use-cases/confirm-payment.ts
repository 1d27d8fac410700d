import { assertMayRead, type UserPrincipal } from '@souk/comms/auth';
import { ServiceError } from '@souk/comms/errors';
import { fingerprintOf, type Claim, type Idempotency, type Reply } from '@souk/comms/outbox';
import { uuidv7 } from 'uuidv7';
import type { ProviderClient } from '../clients/provider-client.js';
import { decided, onOutcome, type Outcome } from '../domain/decisions.js';
import { outcomeOf } from '../domain/outcomes.js';
import type { PaymentState } from '../domain/payment.js';
import { viewOf } from '../store/payment-reader.js';
import type { PaymentStore } from '../store/payment-store.js';

export interface ConfirmPaymentDeps {
  readonly idempotency: Idempotency;
  readonly store: PaymentStore;
  readonly provider: ProviderClient;
  /** The payment wants another operation now. */
  readonly poke: () => void;
}

export interface ConfirmPayment {
  readonly principal: UserPrincipal;
  readonly paymentId: string;
  readonly idempotencyKey: string;
}

const triesAgainstRaces = 5;

/** Tells the provider that its customer agreed (3-D Secure), which lets the payment go on. */
export async function confirmPayment(deps: ConfirmPaymentDeps, command: ConfirmPayment): Promise<Reply> {
  const request = {
    principal: command.principal.userId,
    route: 'POST /api/payments/:id/confirm',
    key: command.idempotencyKey,
    fingerprint: fingerprintOf('POST', `/api/payments/${command.paymentId}/confirm`, null),
  };
  return deps.idempotency.run(request, async (claim) => {
    const payment = await confirmable(deps.store, command);
    const outcome = await confirmed(deps, payment);
    return record(deps, { payment, outcome, claim });
  });
}

async function confirmable(
  store: PaymentStore,
  { principal, paymentId }: ConfirmPayment,
): Promise<PaymentState> {
  const payment = await store.load(paymentId);
  if (!payment) throw new ServiceError('not_found', 'No such payment.');
  assertMayRead(principal, payment.customerId, 'payment');
  if (principal.userId !== payment.customerId) {
    throw new ServiceError('permission_denied', 'Only the customer may confirm a payment.');
  }
  if (payment.status !== 'requires_action' || payment.cancelled) {
    throw new ServiceError('conflict', `A payment that is ${payment.status} has nothing to confirm.`);
  }
  return payment;
}

/** When no answer comes the worker finds out what became of it. */
async function confirmed(
  { provider, store, poke }: ConfirmPaymentDeps,
  payment: PaymentState,
): Promise<Outcome> {
  try {
    const answer = await provider.confirm(payment);
    if ('refused' in answer)
      throw new ServiceError('conflict', 'The provider does not accept this confirmation.');
    const outcome = outcomeOf({ payment, operation: 'authorize' }, answer.authorization);
    if (outcome) return outcome;
    throw new ServiceError(
      'bad_gateway',
      'The payment provider did not say what became of the confirmation.',
    );
  } catch (reason) {
    const isOpen = payment.wanted === null && ServiceError.from(reason).code !== 'conflict';
    if (isOpen) {
      const decision = { changes: { wanted: 'authorize' as const }, waitSeconds: 1 };
      await store.save({ payment, decision, lease: 'free' }, { kind: 'internal' });
      poke();
    }
    throw reason;
  }
}

async function record(
  { store, poke }: ConfirmPaymentDeps,
  task: { payment: PaymentState; outcome: Outcome; claim: Claim },
): Promise<Reply> {
  let payment: PaymentState | undefined = task.payment;
  for (let attempt = 0; payment && attempt < triesAgainstRaces; attempt += 1) {
    const isOpen: boolean = payment.status === 'requires_action' && payment.wanted !== 'void';
    const decision = isOpen ? onOutcome(payment, task.outcome, uuidv7()) : { changes: {} };
    const reply = { status: 200, body: viewOf(isOpen ? decided(payment, decision, null) : payment) };
    const outcome = isOpen
      ? await store.save({ payment, decision, lease: 'free' }, { kind: 'command', claim: task.claim, reply })
      : await store.answer(task.claim, reply);
    if (outcome === 'applied') {
      if (typeof decision.changes.wanted === 'string') poke();
      return reply;
    }
    if (outcome !== 'stale') break;
    payment = await store.load(task.payment.id);
  }
  throw new ServiceError('in_flight', 'The payment is changing at this moment: ask again.', {
    retryAfterSeconds: 1,
  });
}

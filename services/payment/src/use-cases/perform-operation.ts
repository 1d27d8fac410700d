import { ServiceError } from '@souk/comms/errors';
import type { Failpoint } from '@souk/comms/resilience';
import type { Logger } from '@souk/comms/telemetry';
import { uuidv7 } from 'uuidv7';
import type { Answer, ProviderClient } from '../clients/provider-client.js';
import { onOutcome, type Outcome } from '../domain/decisions.js';
import { lost, outcomeOf, type Task } from '../domain/outcomes.js';
import type { PaymentState } from '../domain/payment.js';
import type { PaymentStore } from '../store/payment-store.js';

export interface PerformOperationDeps {
  readonly store: PaymentStore;
  readonly provider: Omit<ProviderClient, 'statement'>;
  readonly logger: Logger;
  readonly failpoint: Failpoint | undefined;
  /** The payment wants another operation now. */
  readonly poke: () => void;
}

const triesAgainstRaces = 5;

/**
 * Carries out what a payment leased to us wants: one call to the provider, then one statement with all that follows.
 * A try that is not the first asks before it sends, since nobody knows what became of the one before.
 */
export async function performOperation(deps: PerformOperationDeps, payment: PaymentState): Promise<void> {
  const task = await taskOf(deps.store, payment);
  if (!task) return;
  const outcome = await tried(deps, task);
  await deps.failpoint?.(`payment.after-${task.operation}-before-record`);
  await record(deps, payment, outcome);
}

async function taskOf(store: PaymentStore, payment: PaymentState): Promise<Task | undefined> {
  if (payment.wanted === null) return undefined;
  if (payment.wanted !== 'refund') return { payment, operation: payment.wanted };
  const refund = await store.nextRefund(payment.id);
  return refund && { payment, operation: 'refund', refund };
}

async function tried({ provider, logger }: PerformOperationDeps, task: Task): Promise<Outcome> {
  const { payment, operation } = task;
  try {
    if (payment.attempts > 1) {
      const known = outcomeOf(task, await provider.ask(payment));
      if (known) return known;
    }
    const answer = await send(provider, task);
    if ('authorization' in answer) return outcomeOf(task, answer.authorization) ?? lost;
    // The provider's record has the last word: a refusal may be about a try before, or be none.
    const recorded = outcomeOf(task, await provider.ask(payment)) ?? lost;
    return recorded.kind === 'lost' ? refusal(task, answer.refused) : recorded;
  } catch (reason) {
    const { code } = ServiceError.from(reason);
    logger.warn(
      { payment: payment.id, operation, attempts: payment.attempts, code },
      'the provider gave no answer',
    );
    return lost;
  }
}

function send(provider: PerformOperationDeps['provider'], task: Task): Promise<Answer> {
  return task.operation === 'refund'
    ? provider.refund(task.payment, task.refund)
    : provider[task.operation](task.payment);
}

function refusal(task: Task, reason: string): Outcome {
  switch (task.operation) {
    case 'authorize':
      return { kind: 'declined', reason };
    case 'capture':
      return { kind: 'capture_refused', reason };
    case 'refund':
      return { kind: 'refund_refused', refund: task.refund };
    case 'void':
      return lost;
  }
}

/** Decides anew when the payment changed during the call; gives up when it is no longer ours. */
async function record(deps: PerformOperationDeps, leased: PaymentState, outcome: Outcome): Promise<void> {
  let payment: PaymentState | undefined = leased;
  for (let attempt = 0; attempt < triesAgainstRaces; attempt += 1) {
    if (payment?.leaseOwner !== leased.leaseOwner || payment.wanted !== leased.wanted) return;
    const decision = onOutcome(payment, outcome, uuidv7());
    const written = await deps.store.save({ payment, decision, lease: 'free' }, { kind: 'internal' });
    if (written === 'applied') {
      if (typeof decision.changes.wanted === 'string') deps.poke();
      return;
    }
    payment = await deps.store.load(leased.id);
  }
}

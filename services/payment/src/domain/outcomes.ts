import type { Outcome } from './decisions.js';
import type { Operation, PaymentState, Refund } from './payment.js';

/** What is to be done at the provider. */
export type Task =
  | { readonly payment: PaymentState; readonly operation: Exclude<Operation, 'refund'> }
  | { readonly payment: PaymentState; readonly operation: 'refund'; readonly refund: Refund };

/** What the provider knows of a payment. */
export interface ProviderState {
  readonly id: string;
  readonly status: 'authorized' | 'declined' | 'requires_action' | 'captured' | 'voided';
  readonly reason: string | null;
  readonly refunds: readonly { readonly key: string }[];
}

export const lost: Outcome = { kind: 'lost' };

/** Reads the outcome of a task from the provider's own state. Undefined: it did not take effect, so it may be sent. */
export function outcomeOf(task: Task, state: ProviderState | undefined): Outcome | undefined {
  switch (task.operation) {
    case 'authorize':
      return state && authorizeOutcome(state);
    case 'capture':
      if (state?.status === 'captured') return { kind: 'captured' };
      return state?.status === 'authorized'
        ? undefined
        : { kind: 'capture_refused', reason: `${state?.status ?? 'unknown'} at the provider` };
    case 'void':
      if (state?.status === 'voided') return { kind: 'voided' };
      return state?.status === 'authorized' || state?.status === 'requires_action' ? undefined : lost;
    case 'refund': {
      const { refund } = task;
      if (state?.refunds.some(({ key }) => key === refund.id) === true) return { kind: 'refunded', refund };
      return state?.status === 'captured' ? undefined : lost;
    }
  }
}

function authorizeOutcome({ id, status, reason }: ProviderState): Outcome {
  switch (status) {
    case 'authorized':
    case 'captured':
      return { kind: 'authorized', providerId: id };
    case 'requires_action':
      return { kind: 'requires_action', providerId: id };
    case 'declined':
      return { kind: 'declined', reason: reason ?? 'declined' };
    case 'voided':
      return { kind: 'declined', reason: 'voided at the provider' };
  }
}

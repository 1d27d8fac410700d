/** One thing that happened, as the journal and the statement tell it. */
export interface Movement {
  /** Also the id of the webhook event that tells of it. */
  readonly id: string;
  readonly kind:
    'authorized' | 'declined' | 'requires_action' | 'confirmed' | 'captured' | 'voided' | 'refunded';
  readonly authorizationId: string;
  readonly paymentId: string;
  readonly amount: number;
  readonly currency: string;
  readonly at: string;
  /** Why it was declined. */
  readonly reason?: string;
  /** The merchant's own key of a refund. */
  readonly key?: string;
}

export interface Authorization {
  readonly id: string;
  readonly paymentId: string;
  readonly amount: number;
  readonly currency: string;
  readonly status: 'authorized' | 'declined' | 'requires_action' | 'captured' | 'voided';
  readonly reason: string | null;
  readonly refunds: readonly { readonly id: string; readonly key: string; readonly amount: number }[];
}

/** What the provider knows: the sum of its movements. */
export interface Book {
  find(authorizationId: string): Authorization | undefined;
  findByPayment(paymentId: string): Authorization | undefined;
  apply(movement: Movement): Authorization;
  movements(): readonly Movement[];
}

const statusAfter = {
  authorized: 'authorized',
  declined: 'declined',
  requires_action: 'requires_action',
  confirmed: 'authorized',
  captured: 'captured',
  voided: 'voided',
  refunded: 'captured',
} as const;

export function createBook(): Book {
  const authorizations = new Map<string, Authorization>();
  const byPayment = new Map<string, string>();
  const movements: Movement[] = [];
  return {
    find: (id) => authorizations.get(id),
    findByPayment: (paymentId) => authorizations.get(byPayment.get(paymentId) ?? ''),
    apply: (movement) => {
      const { authorizationId: id, paymentId, amount, currency, kind } = movement;
      const known = authorizations.get(id) ?? { id, paymentId, amount, currency, reason: null, refunds: [] };
      const refund = kind === 'refunded' ? [{ id: movement.id, key: movement.key ?? '', amount }] : [];
      const next: Authorization = {
        ...known,
        status: statusAfter[kind],
        reason: movement.reason ?? known.reason,
        refunds: [...known.refunds, ...refund],
      };
      authorizations.set(id, next);
      byPayment.set(paymentId, id);
      movements.push(movement);
      return next;
    },
    movements: () => movements,
  };
}

export const refundable = ({ amount, refunds }: Authorization): number =>
  refunds.reduce((left, refund) => left - refund.amount, amount);

import type { PaymentEvent, PaymentState } from './payment.js';

export const accounts = [
  { code: 'holds', normalSide: 'debit' },
  { code: 'hold_obligations', normalSide: 'credit' },
  { code: 'provider', normalSide: 'debit' },
  { code: 'sales', normalSide: 'credit' },
] as const;

export type Side = 'debit' | 'credit';

export type AccountCode = (typeof accounts)[number]['code'];

/** Moves an amount from the credited account to the debited one: balanced by its form. */
export interface Transfer {
  readonly kind: 'hold' | 'release' | 'sale' | 'refund';
  readonly debit: AccountCode;
  readonly credit: AccountCode;
  readonly amount: number;
}

/** What the books say of an event: hold when authorized, then post or void once; a refund reverses the sale. */
export function transfersOf(payment: PaymentState, event: PaymentEvent): readonly Transfer[] {
  const { amount } = payment;
  const hold: Transfer = { kind: 'hold', debit: 'holds', credit: 'hold_obligations', amount };
  const release: Transfer = { kind: 'release', debit: 'hold_obligations', credit: 'holds', amount };
  switch (event.type) {
    case 'PaymentAuthorized':
      return [hold];
    case 'PaymentCaptured':
      return [release, { kind: 'sale', debit: 'provider', credit: 'sales', amount }];
    case 'PaymentVoided':
      return payment.held ? [release] : [];
    case 'PaymentRefunded':
      return [{ kind: 'refund', debit: 'sales', credit: 'provider', amount: event.amount }];
    case 'PaymentStarted':
    case 'PaymentActionRequired':
    case 'PaymentDeclined':
    case 'PaymentCaptureFailed':
      return [];
  }
}

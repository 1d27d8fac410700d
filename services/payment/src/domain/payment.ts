export interface Money {
  readonly amount: number;
  readonly currency: string;
}

export type PaymentStatus =
  | 'processing'
  | 'requires_action'
  | 'authorized'
  | 'captured'
  | 'declined'
  | 'voided'
  | 'refunded'
  | 'unknown';

/** What can be asked of the provider. */
export type Operation = 'authorize' | 'capture' | 'void' | 'refund';

export interface NewPayment {
  readonly id: string;
  readonly orderId: string;
  readonly customerId: string;
  /** Minor units. */
  readonly amount: number;
  readonly currency: string;
  /** A single-use token of the provider. */
  readonly token: string;
}

export interface PaymentState extends NewPayment {
  readonly status: PaymentStatus;
  readonly version: number;
  readonly revision: number;
  readonly captured: number;
  readonly refunded: number;
  /** Asked for and not yet given back. */
  readonly refunding: number;
  readonly providerId: string | null;
  /** Has the order ended? What the provider still grants is then given back. */
  readonly cancelled: boolean;
  /** Does the ledger hold the amount: authorized, neither captured nor voided? */
  readonly held: boolean;
  /** The next operation at the provider; null when there is nothing to do. */
  readonly wanted: Operation | null;
  /** How often the wanted operation was tried. */
  readonly attempts: number;
  readonly leaseOwner: string | null;
  readonly traceparent: string;
}

export interface Refund {
  readonly id: string;
  readonly amount: number;
  readonly reason: string;
}

/** What became true of a payment. */
export type PaymentEvent =
  | { readonly type: 'PaymentStarted' }
  | { readonly type: 'PaymentActionRequired' }
  | { readonly type: 'PaymentAuthorized' }
  | { readonly type: 'PaymentDeclined'; readonly reason: string }
  | { readonly type: 'PaymentCaptured' }
  | { readonly type: 'PaymentCaptureFailed'; readonly reason: string }
  | { readonly type: 'PaymentVoided' }
  | { readonly type: 'PaymentRefunded'; readonly amount: number; readonly inFull: boolean };

export const refundable = ({ captured, refunded, refunding }: PaymentState): number =>
  captured - refunded - refunding;

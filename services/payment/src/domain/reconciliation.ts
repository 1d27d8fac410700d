/** One line of the provider's statement. */
export interface Movement {
  readonly kind: string;
  readonly paymentId: string;
  /** Minor units. */
  readonly amount: number;
  readonly currency: string;
}

/** What we believe of a payment, and what our ledger says of it. */
export interface BookedPayment {
  readonly id: string;
  readonly amount: number;
  readonly currency: string;
  readonly captured: number;
  readonly refunded: number;
  /** Does the ledger hold the amount: authorized, neither captured nor voided? */
  readonly held: boolean;
  readonly ledgerCaptured: number;
  readonly ledgerRefunded: number;
  /** Something about it is still being asked of the provider: it is compared when that is over. */
  readonly isOpen: boolean;
}

/** `missing`: the provider never heard of it; `extra`: we never did; `amount` and `state`: both did, differently. */
export type DifferenceKind = 'missing' | 'extra' | 'amount' | 'state' | 'ledger';

export interface Difference {
  readonly kind: DifferenceKind;
  readonly paymentId: string;
  readonly detail: string;
}

interface Told {
  amount: number;
  currency: string;
  isHeld: boolean;
  captured: number;
  refunded: number;
}

/**
 * Compares our payments, our ledger and the provider's statement, payment by payment.
 * @param movements in the order in which they happened
 */
export function reconcile(payments: readonly BookedPayment[], movements: readonly Movement[]): Difference[] {
  const told = toldBy(movements);
  const known = new Set(payments.map(({ id }) => id));
  const extra = [...told]
    .filter(([id, { isHeld, captured }]) => !known.has(id) && (isHeld || captured > 0))
    .map(([id, sum]) => difference('extra', id, `the provider has ${textOf(sum)}`));
  return [
    ...payments.filter(({ isOpen }) => !isOpen).flatMap((payment) => compare(payment, told.get(payment.id))),
    ...extra,
  ];
}

function compare(payment: BookedPayment, sum: Told | undefined): Difference[] {
  const { id, captured, refunded, ledgerCaptured, ledgerRefunded } = payment;
  const found: Difference[] = [];
  if (captured !== ledgerCaptured || refunded !== ledgerRefunded)
    found.push(
      difference(
        'ledger',
        id,
        `captured ${String(captured)} and refunded ${String(refunded)}, in the ledger ${String(ledgerCaptured)} and ${String(ledgerRefunded)}`,
      ),
    );
  if (!sum) {
    if (payment.held || captured > 0) found.push(difference('missing', id, 'the provider does not know it'));
    return found;
  }
  if (sum.amount !== payment.amount || sum.currency !== payment.currency)
    found.push(
      difference(
        'amount',
        id,
        `ours is ${String(payment.amount)} ${payment.currency}, the provider has ${textOf(sum)}`,
      ),
    );
  if (sum.captured !== captured || sum.refunded !== refunded)
    found.push(
      difference(
        'amount',
        id,
        `ours captured ${String(captured)} and refunded ${String(refunded)}, the provider has ${textOf(sum)}`,
      ),
    );
  if (sum.isHeld !== payment.held)
    found.push(
      difference(
        'state',
        id,
        payment.held ? 'only we hold the amount' : 'only the provider holds the amount',
      ),
    );
  return found;
}

function toldBy(movements: readonly Movement[]): Map<string, Told> {
  const told = new Map<string, Told>();
  for (const { kind, paymentId, amount, currency } of movements) {
    const sum = told.get(paymentId) ?? { amount, currency, isHeld: false, captured: 0, refunded: 0 };
    told.set(paymentId, sum);
    if (kind === 'refunded') sum.refunded += amount;
    else {
      sum.isHeld = kind === 'authorized' || kind === 'confirmed';
      if (kind === 'captured') sum.captured += amount;
    }
  }
  return told;
}

const difference = (kind: DifferenceKind, paymentId: string, detail: string): Difference => ({
  kind,
  paymentId,
  detail,
});

const textOf = ({ amount, currency, isHeld, captured, refunded }: Told): string =>
  `${String(amount)} ${currency}, captured ${String(captured)}, refunded ${String(refunded)}${isHeld ? ', held' : ''}`;

import type { Money } from './product.js';

export interface WantedLine {
  readonly productId: string;
  readonly quantity: number;
}

export interface ReservedLine extends WantedLine {
  readonly sku: string;
  readonly name: string;
  readonly unitPrice: Money;
}

export type ReservationStatus = 'held' | 'committed' | 'released';

export interface ReservationState {
  readonly id: string;
  readonly status: ReservationStatus;
  readonly version: number;
  readonly lines: readonly ReservedLine[];
}

export type Ending = 'committed' | 'released';

/**
 * What ending a reservation does: `end` it, nothing since it has ended that way (`ended`), or nothing since it ended
 * the other way (`contradiction`), which must be looked into.
 */
export function ending(reservation: ReservationState, wanted: Ending): 'end' | 'ended' | 'contradiction' {
  if (reservation.status === 'held') return 'end';
  return reservation.status === wanted ? 'ended' : 'contradiction';
}

/** A line that cannot be reserved, by its place in the request. */
export type Shortage =
  | { readonly line: number; readonly kind: 'unknown' }
  | { readonly line: number; readonly kind: 'short'; readonly available: number };

/** @param found what is known of the wanted products: how many of each are available */
export function shortages(wanted: readonly WantedLine[], found: ReadonlyMap<string, number>): Shortage[] {
  return wanted.flatMap(({ productId, quantity }, line): Shortage[] => {
    const available = found.get(productId.toLowerCase());
    if (available === undefined) return [{ line, kind: 'unknown' }];
    return available < quantity ? [{ line, kind: 'short', available }] : [];
  });
}

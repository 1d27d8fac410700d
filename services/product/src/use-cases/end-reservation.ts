import type { Cause, WriteOutcome } from '@souk/comms/outbox';
import type { Logger } from '@souk/comms/telemetry';
import { ending, type Ending } from '../domain/reservation.js';
import type { ReservationStore } from '../store/reservation-store.js';

export interface EndReservationDeps {
  readonly store: ReservationStore;
  readonly logger: Logger;
}

export interface EndReservation {
  readonly id: string;
  readonly to: Ending;
  readonly reason: string;
  readonly cause: Cause;
}

/** Ships what a paid order holds, or gives back what a cancelled one does. Doing so again changes nothing. */
export async function endReservation(
  deps: EndReservationDeps,
  command: EndReservation,
): Promise<WriteOutcome> {
  const { store, logger } = deps;
  const { id, to, reason, cause } = command;
  const reservation = await store.load(id);
  if (!reservation) {
    if (to === 'released') return store.forbid(id, cause);
    logger.error({ reservation: id }, 'an order was paid without a reservation');
    return store.ignore(cause);
  }
  const what = ending(reservation, to);
  if (what === 'end') return store.end(reservation, { to, reason }, cause);
  if (what === 'contradiction')
    logger.error({ reservation: id, is: reservation.status, to }, 'a reservation ended the other way');
  return store.ignore(cause);
}

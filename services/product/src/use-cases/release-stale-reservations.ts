import { ServiceError } from '@souk/comms/errors';
import type { OrderClient } from '../clients/order-client.js';
import { endReservation, type EndReservationDeps } from './end-reservation.js';

const perRound = 50;

/**
 * Releases reservations whose order never came to be or was cancelled: what a crash between reserving and writing the
 * order leaves behind. Order is asked first, and a reservation that it still wants stays. @returns how many were released
 */
export async function releaseStaleReservations(
  deps: EndReservationDeps & { readonly order: OrderClient; readonly ttlSeconds: number },
): Promise<number> {
  let released = 0;
  for (const id of await deps.store.heldForLong(deps.ttlSeconds, perRound)) {
    const wanted = await isWanted(deps.order, id);
    if (wanted) continue;
    const reason = 'nobody wants it any more';
    const outcome = await endReservation(deps, { id, to: 'released', reason, cause: { kind: 'internal' } });
    if (outcome === 'applied') released += 1;
  }
  return released;
}

async function isWanted(order: OrderClient, id: string): Promise<boolean> {
  try {
    return (await order.statusOf(id)) !== 'CANCELLED';
  } catch (error) {
    if (ServiceError.from(error).code === 'not_found') return false;
    throw error;
  }
}

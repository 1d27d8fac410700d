import { ServiceError } from '@souk/comms/errors';
import { isDuplicate } from '@souk/comms/outbox';
import { shortages, type ReservedLine, type WantedLine } from '../domain/reservation.js';
import type { ReservationStore } from '../store/reservation-store.js';

/**
 * Holds stock for an order, all lines or none. A repeat answers what the first call answered.
 * @throws `unprocessable` for unknown products, `out_of_stock`, `conflict` when the reservation was released before
 */
export async function reserveStock(
  store: ReservationStore,
  id: string,
  wanted: readonly WantedLine[],
): Promise<ReservedLine[]> {
  const result = await store.reserve(id, wanted).catch((error: unknown) => {
    // Two calls with one id at once: the other one made it.
    if (isDuplicateReservation(error)) return { available: new Map<string, number>() };
    throw error;
  });
  if ('lines' in result) return result.lines;

  const earlier = await store.load(id);
  if (earlier?.status === 'released') {
    throw new ServiceError('conflict', 'This reservation was released: it cannot be made again.');
  }
  if (earlier) return [...earlier.lines];
  throw refusal(wanted, result.available);
}

function refusal(wanted: readonly WantedLine[], available: ReadonlyMap<string, number>): ServiceError {
  const short = shortages(wanted, available);
  const pathOf = (line: number, member: string) => `/items/${String(line)}/${member}`;
  const unknown = short.filter(({ kind }) => kind === 'unknown');
  if (unknown.length > 0) {
    const issues = unknown.map(({ line }) => ({
      path: pathOf(line, 'productId'),
      message: 'is no product of ours',
    }));
    return new ServiceError('unprocessable', 'The order names products that do not exist.', { issues });
  }
  const issues = short.flatMap((shortage) =>
    shortage.kind === 'short'
      ? [{ path: pathOf(shortage.line, 'quantity'), message: `only ${String(shortage.available)} available` }]
      : [],
  );
  if (issues.length === 0)
    return new ServiceError('unavailable', 'The stock is changing at this moment: ask again.');
  return new ServiceError('out_of_stock', 'There is not enough in stock.', { issues });
}

/** The reservation, or the first event about it, is there already: whichever of both Postgres comes to first. */
const isDuplicateReservation = (error: unknown): boolean =>
  isDuplicate(error, 'reservation_pkey', 'outbox_topic_subject_version_key');

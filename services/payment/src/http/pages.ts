import { ServiceError } from '@souk/comms/errors';
import { decodeCursor, encodeCursor, isUuid } from '@souk/comms/http';

/** @param found one more than the page holds, if there is one */
export function pageOf<T extends { readonly id: string }>(
  found: readonly T[],
  limit: number,
): { items: T[]; nextCursor: string | null } {
  const items = found.slice(0, limit);
  const last = found.length > limit ? items.at(-1) : undefined;
  return { items, nextCursor: last ? encodeCursor([last.id]) : null };
}

/** The last id of the page before. @throws `invalid_argument` for a cursor that no list gave */
export function lastIdOf(cursor: string): string {
  const [id] = decodeCursor(cursor, ['string']);
  if (typeof id !== 'string' || !isUuid(id))
    throw new ServiceError('invalid_argument', 'The cursor is not one of this list.');
  return id;
}

import { decodeCursor, encodeCursor } from '@souk/comms/http';

/** A place in one list: the list's fingerprint, the row's rank, its sort value and its id. */
export type Position = readonly [list: string, rank: number, value: string, id: string];

export const formatPosition = (position: Position): string => encodeCursor(position);

/** @throws `invalid_argument` for a cursor that no list gave */
export function parsePosition(cursor: string): Position {
  const [list, rank, value, id] = decodeCursor(cursor, ['string', 'number', 'string', 'string']);
  return [String(list), Number(rank), String(value), String(id)];
}

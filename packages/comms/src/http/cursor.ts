import { ServiceError } from '../errors/index.js';

/** An opaque cursor: where the next page starts, as the values of the list's sort key. */
export const encodeCursor = (position: readonly (string | number)[]): string =>
  Buffer.from(JSON.stringify(position)).toString('base64url');

/** @throws `invalid_argument` for a cursor that this list did not give */
export function decodeCursor(cursor: string, types: readonly ('string' | 'number')[]): (string | number)[] {
  const position = parse(cursor);
  const fits =
    Array.isArray(position) &&
    position.length === types.length &&
    position.every((value, index) => typeof value === types[index]);
  if (!fits) {
    throw new ServiceError('invalid_argument', 'The cursor is not one of this list.', {
      issues: [{ path: '/cursor', message: 'must be the nextCursor of an earlier page' }],
    });
  }
  return position as (string | number)[];
}

function parse(cursor: string): unknown {
  try {
    return JSON.parse(Buffer.from(cursor, 'base64url').toString());
  } catch {
    return undefined;
  }
}

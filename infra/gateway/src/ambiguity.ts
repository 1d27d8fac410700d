import type { IncomingMessage } from 'node:http';
import { ServiceError } from '@souk/comms/errors';

/**
 * Refuses what our parser takes and the next reader may take for something else.
 * @throws `invalid_argument`
 */
export function assertUnambiguous({ headers, rawHeaders }: IncomingMessage): void {
  const hosts = rawHeaders.filter((name, index) => index % 2 === 0 && name.toLowerCase() === 'host');
  if (hosts.length > 1) throw new ServiceError('invalid_argument', 'Send one Host header.');
  const encoding = headers['transfer-encoding'];
  if (encoding !== undefined && encoding.toLowerCase() !== 'chunked')
    throw new ServiceError('invalid_argument', 'This transfer encoding is not supported.');
}

/** A path as the client of a service sends it on: backslashes are slashes there, and dots are resolved. */
export const sentPathOf = (path: string): string => new URL(path, 'http://gateway').pathname;

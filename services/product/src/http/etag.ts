import { ServiceError } from '@souk/comms/errors';

/** A product's weak validator: its version (RFC 9110 §8.8). */
export const etagOf = (version: number): string => `W/"${String(version)}"`;

/** Does a list of validators, or `*`, name this version? Weak and strong forms compare alike. */
export const names = (header: string, version: number): boolean =>
  header
    .split(',')
    .map((part) => part.trim().replace(/^W\//, ''))
    .some((tag) => tag === '*' || tag === `"${String(version)}"`);

/** @throws `precondition_required` without the header, `precondition_failed` for another version */
export function assertMatches(header: string | undefined, version: number): void {
  if (header === undefined) {
    throw new ServiceError(
      'precondition_required',
      'Send If-Match with the ETag of the product as you read it.',
    );
  }
  if (!names(header, version)) {
    throw new ServiceError(
      'precondition_failed',
      'The product has changed since you read it: read it again.',
    );
  }
}

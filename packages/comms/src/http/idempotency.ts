import type { FastifyReply, FastifyRequest } from 'fastify';
import { ServiceError } from '../errors/index.js';
import type { Reply } from '../outbox/index.js';

/**
 * The key of a request that makes an effect, as the client chose it.
 * @throws `idempotency_key_missing`, or `invalid_argument` for a key that is not 1 to 255 printable ASCII characters
 */
export function idempotencyKeyOf(request: FastifyRequest): string {
  const key = request.headers['idempotency-key'];
  if (typeof key !== 'string' || key === '') {
    throw new ServiceError(
      'idempotency_key_missing',
      'Send an Idempotency-Key header: one new UUID for each new request.',
    );
  }
  if (!/^[\x21-\x7e]{1,255}$/.test(key)) {
    throw new ServiceError(
      'invalid_argument',
      'Idempotency-Key must be 1 to 255 printable ASCII characters without spaces.',
    );
  }
  return key;
}

export const sendReply = (reply: FastifyReply, stored: Reply): FastifyReply =>
  reply
    .code(stored.status)
    .headers({ ...stored.headers })
    .send(stored.body);

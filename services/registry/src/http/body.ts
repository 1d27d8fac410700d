import type { IncomingMessage } from 'node:http';
import { RegistryError } from '../domain/errors.js';

/** Consul's limit for a key's value, here for every body. */
export const MAX_BODY_BYTES = 512 * 1024;

/**
 * Reads a request's body. What comes past the limit is left unread.
 * @throws RegistryError `too-large`
 */
export async function readBody(request: IncomingMessage): Promise<Buffer> {
  if (Number(request.headers['content-length'] ?? 0) > MAX_BODY_BYTES) throw tooLarge();
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    request.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes <= MAX_BODY_BYTES) chunks.push(chunk);
      else reject(tooLarge());
    });
    request.once('end', () => {
      resolve(Buffer.concat(chunks));
    });
    request.once('error', reject);
  });
}

function tooLarge(): RegistryError {
  return new RegistryError('too-large', `Request body too large, max size: ${MAX_BODY_BYTES} bytes.`);
}

import { generateKeyPairSync } from 'node:crypto';
import type { ServiceKeys } from './peers/peer.js';

/** A key for the calling service, and the set by which the called one knows it. */
export function createKeys(): ServiceKeys {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return {
    caller: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    bundle: { keys: [{ ...publicKey.export({ format: 'jwk' }), kid: 'caller', alg: 'ES256' }] },
  };
}

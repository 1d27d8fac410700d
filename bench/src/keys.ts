import { generateKeyPairSync } from 'node:crypto';
import type { ServiceKeys } from './peers/peer.js';

/** A key for the calling service and the set by which the called one knows it; and one that signs users' tokens. */
export function createKeys(): ServiceKeys {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const user = generateKeyPairSync('rsa', { modulusLength: 2048 });
  return {
    caller: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    bundle: { keys: [{ ...publicKey.export({ format: 'jwk' }), kid: 'caller', alg: 'ES256' }] },
    user: user.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  };
}

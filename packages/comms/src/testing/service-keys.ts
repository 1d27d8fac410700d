import { generateKeyPairSync } from 'node:crypto';
import type { Jwks } from '../auth/index.js';

/** Signing keys of some services, and the bundle by which they know each other. */
export function createServiceKeys(names: readonly string[]): {
  bundle: Jwks;
  privateKeys: ReadonlyMap<string, string>;
} {
  const pairs = names.map((name) => ({ name, ...generateKeyPairSync('ec', { namedCurve: 'P-256' }) }));
  return {
    bundle: {
      keys: pairs.map(({ name, publicKey }) => ({
        ...publicKey.export({ format: 'jwk' }),
        kid: name,
        alg: 'ES256',
      })),
    },
    privateKeys: new Map(
      pairs.map(({ name, privateKey }) => [
        name,
        privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
      ]),
    ),
  };
}

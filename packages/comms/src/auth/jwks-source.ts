import type { KeyObject } from 'node:crypto';
import { keysOfJwks, type Algorithm, type Jwks, type KeySource } from './tokens.js';

const refreshAfterMs = 300_000;
const askAgainAfterMs = 2000;

/**
 * Keys of a published set, fetched when first needed, every five minutes, and when an unknown `kid` turns up
 * (at most every two seconds, so that forged kids cannot flood the issuer). An unreachable issuer leaves the known keys.
 */
export function createJwksSource(fetchJwks: () => Promise<Jwks>, algorithm: Algorithm): KeySource {
  let keys: ReadonlyMap<string, KeyObject> = new Map();
  let askedAt = -Infinity;
  let asking: Promise<void> | undefined;

  const refresh = async () => {
    askedAt = Date.now();
    try {
      keys = keysOfJwks(await fetchJwks(), algorithm);
    } finally {
      asking = undefined;
    }
  };
  return async (kid) => {
    const known = keys.get(kid);
    const age = Date.now() - askedAt;
    if (known && age < refreshAfterMs) return known;
    if (asking === undefined && age > askAgainAfterMs) asking = refresh();
    if (known) {
      asking?.catch(() => undefined);
      return known;
    }
    await asking;
    return keys.get(kid);
  };
}

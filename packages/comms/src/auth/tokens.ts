import { createPublicKey, hash, type JsonWebKey, type KeyObject } from 'node:crypto';
import jwt from 'jsonwebtoken';
import { LRUCache } from 'lru-cache';
import { ServiceError } from '../errors/index.js';

export type Algorithm = 'RS256' | 'ES256';

/** A JSON Web Key Set of public keys (RFC 7517), each with `kid` and `alg`. */
export interface Jwks {
  readonly keys: readonly (JsonWebKey & { kid?: string; alg?: string })[];
}

export interface SigningKey {
  readonly kid: string;
  readonly algorithm: Algorithm;
  readonly privateKey: KeyObject;
}

export interface TokenKind {
  readonly issuer: string;
  readonly audience: string;
  /** The `typ` header (RFC 8725 §3.11), such as `at+jwt`. */
  readonly type: string;
}

export interface TokenClaims extends TokenKind {
  readonly subject: string;
  readonly lifetimeSeconds: number;
  readonly extra?: Readonly<Record<string, unknown>>;
}

export type VerifiedClaims = jwt.JwtPayload & { readonly sub: string; readonly exp: number };

const clockSkewSeconds = 30;

export function signToken(key: SigningKey, claims: TokenClaims): string {
  return jwt.sign({ ...claims.extra }, key.privateKey, {
    algorithm: key.algorithm,
    keyid: key.kid,
    issuer: claims.issuer,
    audience: claims.audience,
    subject: claims.subject,
    expiresIn: claims.lifetimeSeconds,
    notBefore: 0,
    header: { alg: key.algorithm, typ: claims.type },
  });
}

/** Where public keys come from: by `kid`, undefined when there is none. */
export type KeySource = (kid: string) => Promise<KeyObject | undefined> | KeyObject | undefined;

export type TokenVerifier = (token: string) => Promise<VerifiedClaims>;

/**
 * Verifies after RFC 8725: one algorithm, our issuer, this audience, the right type, and a key that `keys` knows.
 * Verified tokens are remembered by their hash and their expiry is checked anew each time.
 * @throws `unauthenticated`, with a text that tells the caller nothing but what to do
 */
export function createTokenVerifier(
  keys: KeySource,
  expected: TokenKind & { readonly algorithm: Algorithm },
): TokenVerifier {
  const verified = new LRUCache<string, VerifiedClaims>({ max: 10_000 });
  return async (token) => {
    const id = hash('sha256', token, 'base64url');
    const known = verified.get(id);
    if (known) {
      if (known.exp * 1000 <= Date.now()) throw refused('expired');
      return known;
    }
    const claims = await verifyOnce(token, keys, expected);
    verified.set(id, claims);
    return claims;
  };
}

async function verifyOnce(
  token: string,
  keys: KeySource,
  expected: TokenKind & { readonly algorithm: Algorithm },
): Promise<VerifiedClaims> {
  const header = token.length > 8192 ? undefined : decodeHeader(token);
  if (header?.kid === undefined || header.alg !== expected.algorithm || header.typ !== expected.type)
    throw refused('header');
  if (header.crit !== undefined) throw refused('crit');
  const key = await keys(header.kid);
  if (!key) throw refused('unknown key');
  try {
    const claims = jwt.verify(token, key, {
      algorithms: [expected.algorithm],
      issuer: expected.issuer,
      audience: expected.audience,
      clockTolerance: clockSkewSeconds,
    });
    if (typeof claims === 'string' || typeof claims.sub !== 'string' || claims.exp === undefined)
      throw refused('claims');
    if (claims.exp * 1000 <= Date.now()) throw refused('expired');
    return { ...claims, sub: claims.sub, exp: claims.exp };
  } catch (error) {
    throw error instanceof ServiceError ? error : refused('signature or claims', error);
  }
}

function decodeHeader(token: string): (jwt.JwtHeader & { crit?: unknown }) | undefined {
  try {
    return jwt.decode(token, { complete: true })?.header;
  } catch {
    return undefined;
  }
}

const refused = (why: string, cause?: unknown): ServiceError =>
  new ServiceError('unauthenticated', 'The access token is not valid or has expired: sign in again.', {
    cause: cause ?? new Error(`token refused: ${why}`),
  });

/** Public keys of a JWKS by `kid`; keys of another algorithm, or without `kid`, are left out. */
export function keysOfJwks(jwks: Jwks, algorithm: Algorithm): ReadonlyMap<string, KeyObject> {
  return new Map(
    jwks.keys
      .filter((jwk) => jwk.kid !== undefined && (jwk.alg === undefined || jwk.alg === algorithm))
      .map((jwk) => [String(jwk.kid), createPublicKey({ key: jwk, format: 'jwk' })]),
  );
}

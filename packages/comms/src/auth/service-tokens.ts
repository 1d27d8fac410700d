import { createPrivateKey } from 'node:crypto';
import { ServiceError } from '../errors/index.js';
import type { ServicePrincipal } from './principal.js';
import { createTokenVerifier, keysOfJwks, signToken, type Jwks } from './tokens.js';

const lifetimeSeconds = 60;
const renewBeforeMs = 15_000;
const type = 'souk-service+jwt';

/** Gives a token that names this service to one peer, renewed before it lapses. */
export type ServiceTokens = (audience: string) => string;

/** @param privateKeyPem PKCS#8, EC P-256; the public half is in every service's trust bundle under `kid` = service */
export function createServiceTokens(service: string, privateKeyPem: string): ServiceTokens {
  const key = { kid: service, algorithm: 'ES256', privateKey: createPrivateKey(privateKeyPem) } as const;
  const issued = new Map<string, { token: string; renewAtMs: number }>();
  return (audience) => {
    const known = issued.get(audience);
    if (known && Date.now() < known.renewAtMs) return known.token;
    const token = signToken(key, { issuer: service, audience, type, subject: service, lifetimeSeconds });
    issued.set(audience, { token, renewAtMs: Date.now() + lifetimeSeconds * 1000 - renewBeforeMs });
    return token;
  };
}

export type ServiceVerifier = (token: string) => Promise<ServicePrincipal>;

/** @param bundle public keys of all services, `kid` = service; a service can sign only for itself */
export function createServiceVerifier(service: string, bundle: Jwks): ServiceVerifier {
  const keys = keysOfJwks(bundle, 'ES256');
  const verifiers = new Map(
    [...keys].map(([issuer, key]) => [
      issuer,
      createTokenVerifier((kid) => (kid === issuer ? key : undefined), {
        issuer,
        audience: service,
        type,
        algorithm: 'ES256',
      }),
    ]),
  );
  return async (token) => {
    const verify = verifiers.get(keyIdOf(token));
    if (!verify) throw new ServiceError('unauthenticated', 'The service token is not valid.');
    const claims = await verify(token);
    return { kind: 'service', service: claims.sub, expiresAtMs: claims.exp * 1000 };
  };
}

/** The unverified `kid`: it only chooses the key that the signature must then match. */
function keyIdOf(token: string): string {
  try {
    const header: unknown = JSON.parse(Buffer.from(token.split('.', 1)[0] ?? '', 'base64url').toString());
    return typeof header === 'object' && header !== null && 'kid' in header ? String(header.kid) : '';
  } catch {
    return '';
  }
}

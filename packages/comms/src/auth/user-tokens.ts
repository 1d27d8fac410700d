import type { UserPrincipal } from './principal.js';
import { createTokenVerifier, signToken, type KeySource, type SigningKey } from './tokens.js';

export const accessTokenSeconds = 600;

/** The one form of our users' access tokens (RFC 9068). */
export const accessToken = {
  issuer: 'https://identity.souk.internal',
  audience: 'souk-api',
  type: 'at+jwt',
} as const;

export function issueAccessToken(
  key: SigningKey,
  user: { id: string; roles: readonly string[]; sessionId: string },
): { token: string; expiresInSeconds: number } {
  const token = signToken(key, {
    ...accessToken,
    subject: user.id,
    lifetimeSeconds: accessTokenSeconds,
    extra: { roles: user.roles, sid: user.sessionId },
  });
  return { token, expiresInSeconds: accessTokenSeconds };
}

export type UserVerifier = (token: string) => Promise<UserPrincipal>;

export function createUserVerifier(keys: KeySource): UserVerifier {
  const verify = createTokenVerifier(keys, { ...accessToken, algorithm: 'RS256' });
  return async (token) => {
    const claims = await verify(token);
    const roles: unknown = claims['roles'];
    const sessionId: unknown = claims['sid'];
    return {
      kind: 'user',
      userId: claims.sub,
      roles: Array.isArray(roles) ? roles.filter((role) => typeof role === 'string') : [],
      sessionId: typeof sessionId === 'string' ? sessionId : '',
      expiresAtMs: claims.exp * 1000,
    };
  };
}

import type { FastifyRequest } from 'fastify';
import { isAdmin, type UserPrincipal, type UserVerifier } from '../auth/index.js';
import { ServiceError } from '../errors/index.js';

/** Who may call a route. A route that says nothing is for users. `self` routes check their caller on their own. */
export type Access = 'public' | 'user' | 'admin' | 'self-authenticated';

/** Turns the Authorization header into a principal, or throws `unauthenticated` or `permission_denied`. */
export async function authenticate(request: FastifyRequest, verify: UserVerifier | undefined): Promise<void> {
  const access = request.routeOptions.config.access ?? 'user';
  if (access === 'public' || access === 'self-authenticated' || request.is404) return;
  const [scheme, token] = (request.headers.authorization ?? '').split(' ');
  if (scheme?.toLowerCase() !== 'bearer' || token === undefined || token === '') {
    throw new ServiceError('unauthenticated', 'Send an access token: Authorization: Bearer <token>.');
  }
  if (!verify) throw new ServiceError('unauthenticated', 'This service accepts no users.');
  const principal = await verify(token);
  if (access === 'admin' && !isAdmin(principal)) {
    throw new ServiceError('permission_denied', 'Only an administrator may do this.');
  }
  request.principal = principal;
}

/** The signed-in user of a route whose access is `user` or `admin`. */
export function principalOf(request: FastifyRequest): UserPrincipal {
  if (!request.principal) throw new ServiceError('unauthenticated', 'Send an access token.');
  return request.principal;
}

import { ServiceError } from '../errors/index.js';

/** A person, as an access token names them. */
export interface UserPrincipal {
  readonly kind: 'user';
  readonly userId: string;
  readonly roles: readonly string[];
  /** The refresh family that the token came from. */
  readonly sessionId: string;
  readonly expiresAtMs: number;
}

/** One of our services, as its service token names it. */
export interface ServicePrincipal {
  readonly kind: 'service';
  readonly service: string;
  readonly expiresAtMs: number;
}

export const isAdmin = (principal: UserPrincipal): boolean => principal.roles.includes('admin');

/** What isn't one's own does not exist: strangers get `not_found`, so that ids cannot be probed. */
export function assertMayRead(principal: UserPrincipal, ownerId: string, what: string): void {
  if (principal.userId !== ownerId && !isAdmin(principal))
    throw new ServiceError('not_found', `No such ${what}.`);
}

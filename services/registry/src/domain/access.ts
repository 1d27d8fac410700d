import { RegistryError } from './errors.js';

/** Who asks, as a token tells. */
export type Principal =
  /** May do everything. */
  | { readonly kind: 'operator' }
  /** May read, and write what bears its own names. */
  | { readonly kind: 'service'; readonly name: string }
  | { readonly kind: 'anonymous'; readonly mayRead: boolean };

/** The service of a token that stands for no single one. */
export const OPERATOR = '*';

/** Tells who bears a token. @throws RegistryError `forbidden` for a token that isn't known */
export type Authenticate = (token: string) => Principal;

/**
 * @param tokens services by their tokens; undefined lets everybody do everything
 * @param anonymousReads whether who has no token may read
 */
export function createAuthenticate(
  tokens: ReadonlyMap<string, string> | undefined,
  anonymousReads: boolean,
): Authenticate {
  if (tokens === undefined) return () => ({ kind: 'operator' });
  return (token) => {
    if (token === '') return { kind: 'anonymous', mayRead: anonymousReads };
    const name = tokens.get(token);
    if (name === undefined) throw new RegistryError('forbidden', 'ACL not found');
    return name === OPERATOR ? { kind: 'operator' } : { kind: 'service', name };
  };
}

/** @throws RegistryError `forbidden` */
export function assertMayRead(principal: Principal): void {
  if (principal.kind === 'anonymous' && !principal.mayRead) throw denied();
}

/**
 * A service's own names are the one that it is called by, and that of its gRPC port.
 * @throws RegistryError `forbidden`
 */
export function assertMayWriteService(principal: Principal, name: string): void {
  if (principal.kind === 'operator') return;
  const isOwn = principal.kind === 'service' && [principal.name, `${principal.name}-grpc`].includes(name);
  if (!isOwn) throw denied();
}

/** For what belongs to no single service. @throws RegistryError `forbidden` */
export function assertMayOperate(principal: Principal): void {
  if (principal.kind !== 'operator') throw denied();
}

function denied(): RegistryError {
  return new RegistryError('forbidden', 'Permission denied');
}

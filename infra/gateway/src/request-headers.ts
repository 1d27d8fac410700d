import type { IncomingHttpHeaders } from 'node:http';
import { isOfTheConnection } from './connection-headers.js';

/** Whoever comes from outside may not say who they are but by `authorization`. */
const claimsIdentity =
  /^(x-(user|service|forwarded|auth|authenticated|remote|principal|client-cert|client-dn)(-|$)|x-real-ip$|forwarded$|remote-user$|ssl-client-)/;

/** `x_user_id` is `x-user-id` to some readers: nginx drops names with an underscore too. */
const passes = (name: string): boolean =>
  !isOfTheConnection(name) && !claimsIdentity.test(name) && !name.includes('_');

export interface Passage {
  readonly clientAddress: string;
  readonly host: string;
  readonly traceparent: string;
  /** What the caller still waits, when it said so. */
  readonly remainingMs: number | undefined;
}

/** The headers that a service gets: the caller's that may pass, with our own about its origin. */
export function forwardedHeaders(headers: IncomingHttpHeaders, passage: Passage): IncomingHttpHeaders {
  const kept = Object.entries(headers).filter(([name]) => passes(name));
  return {
    ...Object.fromEntries(kept),
    traceparent: passage.traceparent,
    'x-forwarded-for': passage.clientAddress,
    'x-forwarded-host': passage.host,
    'x-forwarded-proto': 'http',
    ...(passage.remainingMs === undefined ? {} : { 'x-request-deadline-ms': String(passage.remainingMs) }),
  };
}

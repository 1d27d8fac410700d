import type { IncomingHttpHeaders } from 'node:http';

const BEARER = /^bearer +/i;

/** The token of a request: `?token=`, then `X-Consul-Token`, then `Authorization: Bearer`; empty without any. */
export function tokenOf(query: URLSearchParams, headers: IncomingHttpHeaders): string {
  const { 'x-consul-token': header, authorization = '' } = headers;
  const bearer = BEARER.test(authorization) ? authorization.replace(BEARER, '') : '';
  return query.get('token') || (typeof header === 'string' && header) || bearer;
}

/** A URL as it may be logged. */
export function redactToken(url: string): string {
  return url.replace(/([?&]token=)[^&#]*/gi, '$1<hidden>');
}

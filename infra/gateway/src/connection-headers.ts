import type { IncomingHttpHeaders } from 'node:http';

/** Of one connection, so that no proxy passes them on (RFC 9110 §7.6.1). */
const ofTheConnection = new Set([
  'connection',
  'expect',
  'http2-settings',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

export const isOfTheConnection = (name: string): boolean => ofTheConnection.has(name);

export const withoutConnectionHeaders = (headers: IncomingHttpHeaders): IncomingHttpHeaders =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => !isOfTheConnection(name)));

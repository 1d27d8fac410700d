import { ServiceError } from '@souk/comms/errors';

const neverSent = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
]);
const cutOff = new Set(['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET']);

/** What went wrong between us and an instance. */
export interface UpstreamFailure {
  /** The connection failed: another instance may be asked, if the request may be sent twice. */
  readonly connection: boolean;
  readonly error: ServiceError;
}

export function upstreamFailureOf(reason: Error, service: string): UpstreamFailure {
  const code = codeOf(reason.cause) ?? codeOf(reason) ?? '';
  if (neverSent.has(code)) {
    return {
      connection: true,
      error: new ServiceError('unavailable', `${service} cannot be reached.`, { cause: reason }),
    };
  }
  if (code.includes('TIMEOUT')) {
    return {
      connection: false,
      error: new ServiceError('deadline_exceeded', `${service} took too long.`, { cause: reason }),
    };
  }
  const error = new ServiceError('bad_gateway', `${service} did not answer properly.`, { cause: reason });
  return { connection: cutOff.has(code), error };
}

const codeOf = (reason: unknown): string | undefined =>
  typeof reason === 'object' && reason !== null && 'code' in reason ? String(reason.code) : undefined;

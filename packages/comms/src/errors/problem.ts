import { errorCodes, type ErrorCode } from './codes.js';
import type { Issue, ServiceError } from './service-error.js';

/** application/problem+json (RFC 9457) with the members of the public contract. */
export interface Problem {
  type: string;
  title: string;
  status: number;
  detail: string;
  instance: string;
  code: ErrorCode;
  traceId: string;
  retryable: boolean;
  errors?: readonly Issue[];
}

export const problemContentType = 'application/problem+json';

/** @param where `instance` is the request's path, `traceId` 32 hex digits */
export function toProblem(error: ServiceError, where: { instance: string; traceId: string }): Problem {
  const facts = errorCodes[error.code];
  return {
    type: `urn:souk:problem:${error.code}`,
    title: facts.title,
    status: facts.http,
    detail: error.message,
    instance: where.instance,
    code: error.code,
    traceId: where.traceId,
    retryable: facts.retryable,
    ...(facts.http === 400 ? { errors: error.issues } : {}),
  };
}

/** Retry-After in whole seconds for answers that must carry one (429, 503) or know one; otherwise undefined. */
export function retryAfterOf(error: ServiceError): number | undefined {
  if (error.retryAfterSeconds !== undefined) return Math.max(1, Math.ceil(error.retryAfterSeconds));
  const status = errorCodes[error.code].http;
  return status === 429 || status === 503 ? 1 : undefined;
}

/** The code for an HTTP answer that carries no problem of ours. */
export function codeOfHttpStatus(status: number): ErrorCode {
  const found = Object.entries(errorCodes).find(([, facts]) => facts.http === status);
  if (found) return found[0] as ErrorCode;
  return status >= 500 ? 'internal' : 'invalid_argument';
}

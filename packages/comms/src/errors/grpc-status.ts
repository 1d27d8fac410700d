import { errorCodes, isErrorCode, type ErrorCode } from './codes.js';
import { ServiceError, type Issue } from './service-error.js';

/** What a gRPC status carries: number, text, and our own code and issues as metadata. */
export interface GrpcStatus {
  readonly code: number;
  readonly details: string;
  readonly metadata: Readonly<Record<string, string>>;
}

/** The metadata key of our own code: only our servers send it. */
export const errorCodeKey = 'souk-error-code';
const issuesKey = 'souk-error-issues';
const retryAfterKey = 'retry-after';

export function toGrpcStatus(error: ServiceError): GrpcStatus {
  return {
    code: errorCodes[error.code].grpc,
    details: error.message,
    metadata: {
      [errorCodeKey]: error.code,
      ...(error.issues.length > 0 ? { [issuesKey]: encodeURIComponent(JSON.stringify(error.issues)) } : {}),
      ...(error.retryAfterSeconds === undefined ? {} : { [retryAfterKey]: String(error.retryAfterSeconds) }),
    },
  };
}

/** The error that a status stands for. A peer that isn't ours sends no code: it is derived from the number. */
export function fromGrpcStatus(status: GrpcStatus, cause?: unknown): ServiceError {
  const sent = status.metadata[errorCodeKey];
  const code = isErrorCode(sent) ? sent : codeOfGrpc(status.code);
  const retryAfter = Number(status.metadata[retryAfterKey]);
  const detail = isErrorCode(sent) ? status.details : errorCodes[code].title;
  return new ServiceError(code, detail, {
    cause,
    issues: parseIssues(status.metadata[issuesKey]),
    ...(Number.isFinite(retryAfter) && retryAfter > 0 ? { retryAfterSeconds: retryAfter } : {}),
  });
}

/** https://grpc.github.io/grpc/core/md_doc_statuscodes.html, where several of our codes share a number */
function codeOfGrpc(number: number): ErrorCode {
  switch (number) {
    case 1:
      return 'cancelled';
    case 3:
    case 11:
      return 'invalid_argument';
    case 4:
      return 'deadline_exceeded';
    case 5:
      return 'not_found';
    case 6:
      return 'already_exists';
    case 7:
      return 'permission_denied';
    case 8:
      return 'too_many_requests';
    case 9:
    case 10:
      return 'conflict';
    case 12:
      return 'unimplemented';
    case 14:
      return 'unavailable';
    case 16:
      return 'unauthenticated';
    default:
      return 'internal';
  }
}

function parseIssues(text: string | undefined): Issue[] {
  if (text === undefined) return [];
  try {
    const value: unknown = JSON.parse(decodeURIComponent(text));
    return Array.isArray(value) ? value.filter(isIssue) : [];
  } catch {
    return [];
  }
}

const isIssue = (value: unknown): value is Issue =>
  typeof value === 'object' &&
  value !== null &&
  'path' in value &&
  typeof value.path === 'string' &&
  'message' in value &&
  typeof value.message === 'string';

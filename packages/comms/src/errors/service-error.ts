import { errorCodes, isErrorCode, type ErrorCode } from './codes.js';

/** One thing wrong in a request: `path` is a JSON pointer into it. */
export interface Issue {
  readonly path: string;
  readonly message: string;
}

export interface ServiceErrorOptions {
  readonly cause?: unknown;
  readonly issues?: readonly Issue[];
  /** Seconds after which a retry makes sense; becomes Retry-After. */
  readonly retryAfterSeconds?: number;
}

/**
 * The one error type that crosses doors. `message` is meant for the caller: it says what to do and holds no secret.
 */
export class ServiceError extends Error {
  override readonly name = 'ServiceError';
  readonly code: ErrorCode;
  readonly issues: readonly Issue[];
  readonly retryAfterSeconds: number | undefined;

  constructor(code: ErrorCode, message: string, options: ServiceErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.issues = options.issues ?? [];
    this.retryAfterSeconds = options.retryAfterSeconds;
  }

  get retryable(): boolean {
    return errorCodes[this.code].retryable;
  }

  /** Normalises whatever was thrown. What isn't ours becomes `internal`, its text kept as cause and never shown. */
  static from(reason: unknown): ServiceError {
    if (reason instanceof ServiceError) return reason;
    const code = systemCodeOf(reason);
    if (code !== undefined) return new ServiceError(code, errorCodes[code].title, { cause: reason });
    return new ServiceError('internal', 'The request could not be completed.', { cause: reason });
  }
}

/** What `pg` says without a code when a connection goes away under a query, or none is to be had in time. */
const lostConnection =
  /^(Connection terminated|timeout (expired|exceeded when trying to connect)|Client (has encountered a connection error|was closed) and is not queryable)/;

/** Node's and Postgres' codes that mean "not now", or "not a value", rather than "broken". */
function systemCodeOf(reason: unknown): ErrorCode | undefined {
  if (typeof reason !== 'object' || reason === null) return undefined;
  if (!('code' in reason))
    return reason instanceof Error && lostConnection.test(reason.message) ? 'unavailable' : undefined;
  const code = reason.code;
  if (typeof code !== 'string' || isErrorCode(code)) return undefined;
  if (/^(ECONNREFUSED|ECONNRESET|EPIPE|EHOSTUNREACH|ENETUNREACH)$/.test(code)) return 'unavailable';
  if (/^(ETIMEDOUT|UND_ERR_.*TIMEOUT|57014|55P03)$/.test(code)) return 'deadline_exceeded';
  if (/^22(001|003|P02|007|008)$/.test(code)) return 'invalid_argument';
  if (/^(08...|57P0.|53...|40001|40P01|25P0[34])$/.test(code)) return 'unavailable';
  return undefined;
}

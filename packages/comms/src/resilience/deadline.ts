import { ServiceError } from '../errors/index.js';
import { currentCall } from '../telemetry/index.js';

/** REST's header for what gRPC calls its timeout: the time that the caller still waits, in milliseconds. */
export const deadlineHeader = 'x-request-deadline-ms';

/** Undefined when absent; `invalid_argument` when it is no positive whole number. Capped at ten minutes. */
export function parseRemainingMs(header: string | string[] | undefined): number | undefined {
  if (header === undefined) return undefined;
  const value = Number(header);
  if (!Number.isInteger(value) || value < 0) {
    throw new ServiceError('invalid_argument', `${deadlineHeader} must be a whole number of milliseconds.`);
  }
  return Math.min(value, 600_000);
}

/**
 * The time a call may take: its own limit or what its caller still waits, whichever is less.
 * @throws `deadline_exceeded` when nothing is left, so that the work is never started
 */
export function remainingMs(limitMs: number): number {
  const deadline = currentCall()?.deadlineAtMs;
  const left = deadline === undefined ? limitMs : Math.min(limitMs, deadline - Date.now());
  if (left <= 0) throw new ServiceError('deadline_exceeded', 'The time that the caller allowed is over.');
  return left;
}

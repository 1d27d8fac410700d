import {
  bulkhead,
  BulkheadRejectedError,
  ExponentialBackoff,
  handleWhen,
  retry,
  type IPolicy,
} from 'cockatiel';
import { ServiceError } from '../errors/index.js';
import { createRetryBudget } from './retry-budget.js';

export interface CallPolicyOptions {
  /** Tries in all, the first included. */
  readonly maxAttempts?: number;
  /** Calls at once to this peer; more wait in a queue of the same length, then are refused. */
  readonly maxConcurrent?: number;
}

/** Runs calls to one peer: at most so many at once, and repeated only where that is harmless. */
export interface CallPolicy {
  /** @param call.idempotent whether the peer may see the call twice */
  execute<T>(attempt: () => Promise<T>, call: { idempotent: boolean }): Promise<T>;
}

/**
 * The one layer that retries: only `unavailable`, only idempotent calls, under a budget of a tenth. A call that waits
 * to be repeated leaves its place to others; one that found no place is not repeated, since that says nothing of the
 * peer.
 */
export function createCallPolicy(options: CallPolicyOptions = {}): CallPolicy {
  const { maxAttempts = 3, maxConcurrent = 256 } = options;
  const budget = createRetryBudget();
  const limit = bulkhead(maxConcurrent, maxConcurrent);
  const retrying: IPolicy = retry(
    handleWhen(
      (error) =>
        !(error instanceof BulkheadRejectedError) &&
        ServiceError.from(error).code === 'unavailable' &&
        budget.tryWithdraw(),
    ),
    { maxAttempts: maxAttempts - 1, backoff: new ExponentialBackoff({ initialDelay: 10, maxDelay: 250 }) },
  );
  /** Goes on after a first attempt that failed: the policy is shown that failure as its own first attempt. */
  const repeat = <T>(failure: unknown, attempt: () => Promise<T>): Promise<T> => {
    let shown = false;
    return retrying.execute(() => {
      if (shown) return limit.execute(attempt);
      shown = true;
      throw failure;
    });
  };
  return {
    execute: async (attempt, { idempotent }) => {
      budget.deposit();
      try {
        return await limit.execute(attempt);
      } catch (failure) {
        if (failure instanceof BulkheadRejectedError) throw crowded(failure);
        if (!idempotent) throw failure;
        return repeat(failure, attempt).catch((error: unknown) => {
          throw error instanceof BulkheadRejectedError ? crowded(error) : error;
        });
      }
    },
  };
}

const crowded = (cause: unknown): ServiceError =>
  new ServiceError('unavailable', 'Too many calls to a peer are waiting.', { cause });

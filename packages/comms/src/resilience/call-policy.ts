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

export interface PolicyCall {
  /** Whether the peer may see the call twice. */
  readonly idempotent: boolean;
  /** When its caller stops waiting, in epoch milliseconds: also for a place, or to be repeated. */
  readonly untilMs: number;
  /** Gives it up. */
  readonly signal?: AbortSignal | undefined;
}

/** Runs calls to one peer: at most so many at once, and repeated only where that is harmless. */
export interface CallPolicy {
  execute<T>(attempt: () => Promise<T>, call: PolicyCall): Promise<T>;
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
    execute: async (attempt, call) => {
      budget.deposit();
      try {
        return await (limit.executionSlots > 0
          ? limit.execute(attempt)
          : whileWanted(call, (live) => limit.execute(live(attempt))));
      } catch (failure) {
        if (failure instanceof BulkheadRejectedError) throw crowded(failure);
        if (!call.idempotent) throw failure;
        return whileWanted(call, (live) => repeat(failure, live(attempt))).catch((error: unknown) => {
          throw error instanceof BulkheadRejectedError ? crowded(error) : error;
        });
      }
    },
  };
}

/** An attempt that is not begun any more once nobody wants it. */
type Live = <T>(attempt: () => Promise<T>) => () => Promise<T>;

/** For work that may have to wait before it begins: ends with its call's deadline or signal even so. */
function whileWanted<T>({ untilMs, signal }: PolicyCall, work: (live: Live) => Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    let unwanted: ServiceError | undefined;
    const giveUp = (error: ServiceError) => {
      unwanted = error;
      settle();
      reject(error);
    };
    const onAbort = () => {
      giveUp(new ServiceError('cancelled', 'The call was given up.'));
    };
    const onDeadline = () => {
      giveUp(new ServiceError('deadline_exceeded', 'A peer did not answer in time.'));
    };
    const timer = setTimeout(onDeadline, Math.max(0, untilMs - Date.now()));
    signal?.addEventListener('abort', onAbort, { once: true });
    const settle = () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
    };
    const live: Live = (attempt) => () => (unwanted ? Promise.reject(unwanted) : attempt());
    work(live).then(resolve, reject).finally(settle);
  });
}

const crowded = (cause: unknown): ServiceError =>
  new ServiceError('unavailable', 'Too many calls to a peer are waiting.', { cause });

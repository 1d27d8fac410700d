/**
 * Keeps retries a fraction of traffic, so that they cannot multiply an outage (after Finagle's RetryBudget).
 * Each call deposits `ratio`, each retry withdraws 1; the reserve lets a quiet client retry too.
 */
export interface RetryBudget {
  deposit(): void;
  tryWithdraw(): boolean;
}

export function createRetryBudget(ratio = 0.1, reserve = 10): RetryBudget {
  let balance = reserve;
  return {
    deposit: () => {
      balance = Math.min(balance + ratio, reserve + 100);
    },
    tryWithdraw: () => {
      if (balance < 1) return false;
      balance -= 1;
      return true;
    },
  };
}

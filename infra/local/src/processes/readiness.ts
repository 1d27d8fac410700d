import { setTimeout as delay } from 'node:timers/promises';

const deadlineMs = 180_000;

/** Waits until `url` answers 200, or `over` is aborted. @param what is named when it does not in time */
export async function untilAnswers(what: string, url: string, over: AbortSignal): Promise<void> {
  await until(over, `${what} did not answer ${url}`, async () => (await fetch(url)).ok);
}

/**
 * Waits until the registry sees every instance passing, which each service reaches by its own TTL check, or `over`
 * is aborted.
 */
export async function untilPassing(
  registryUrl: string,
  serviceIds: readonly string[],
  over: AbortSignal,
): Promise<void> {
  let missing = serviceIds;
  await until(
    over,
    () => `The registry does not see ${missing.join(', ')} passing`,
    async () => {
      const answer = await fetch(`${registryUrl}/v1/health/state/passing`);
      const checks = (await answer.json()) as { ServiceID: string }[];
      const passing = new Set(checks.map((check) => check.ServiceID));
      missing = serviceIds.filter((id) => !passing.has(id));
      return missing.length === 0;
    },
  );
}

async function until(
  over: AbortSignal,
  complaint: string | (() => string),
  isSo: () => Promise<boolean>,
): Promise<void> {
  const deadline = Date.now() + deadlineMs;
  while (!over.aborted && !(await isSo().catch(() => false))) {
    if (Date.now() > deadline) {
      throw new Error(
        `${typeof complaint === 'string' ? complaint : complaint()} within ${deadlineMs / 1000} s.`,
      );
    }
    await delay(50);
  }
}

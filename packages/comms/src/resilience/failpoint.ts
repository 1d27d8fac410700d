/** A named point in the code at which a test may end the process, as a power cut would. */
export type Failpoint = (name: string) => Promise<void>;

/**
 * @param armed the point's name; empty for none, which costs nothing: there is no function to call
 * @returns undefined when none is armed; otherwise a function that kills this process when it is called with the name
 */
export function createFailpoint(armed: string): Failpoint | undefined {
  if (armed === '') return undefined;
  return async (name) => {
    if (name !== armed) return;
    process.kill(process.pid, 'SIGKILL');
    // The signal needs a turn of the event loop; nothing may happen meanwhile.
    await new Promise(() => undefined);
  };
}

import { runningSystem } from './running-system.js';

/** Fails the run when a process of the system outlives it. */
export default async function globalTeardown(): Promise<void> {
  await runningSystem.current?.stop();
}

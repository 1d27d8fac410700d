import { leaveHandle, readConfig } from '../config.js';
import { startEmbedded } from '../embedded/start.js';
import { runningSystem } from './running-system.js';

/** One system serves all suites of a run. */
export default async function globalSetup(): Promise<void> {
  const { url, events, tls, handle } = readConfig();
  if (url !== undefined || handle !== undefined) return;
  runningSystem.current = await startEmbedded({ events, tls });
  leaveHandle(JSON.stringify(runningSystem.current.handle));
}

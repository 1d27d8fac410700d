import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** What a command beside a running system needs of it. Kept in its data folder while it runs, for its owner alone. */
export interface SystemHandle {
  /** Of the runner: a handle whose runner is gone is a leftover of a crash. */
  readonly pid: number;
  readonly url: string;
  readonly registryUrl: string;
  readonly events: string;
  readonly eventsUrl: string;
  readonly adminPassword: string;
  readonly alicePassword: string;
  /** Read-only database URLs by service, for the role `verifier`. */
  readonly verifierUrls: Readonly<Record<string, string>>;
}

const fileIn = (dataDir: string): string => join(dataDir, 'system.json');

export function writeHandle(dataDir: string, handle: SystemHandle): void {
  writeFileSync(fileIn(dataDir), JSON.stringify(handle, null, 2), { mode: 0o600 });
}

export function removeHandle(dataDir: string): void {
  rmSync(fileIn(dataDir), { force: true });
}

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** What `npm start` leaves for commands beside it, in its data folder. */
export interface RunningSystem {
  readonly pid: number;
  readonly url: string;
  readonly registryUrl: string;
  readonly events: string;
  readonly eventsUrl: string;
  readonly adminPassword: string;
  readonly alicePassword: string;
  readonly verifierUrls: Readonly<Record<string, string>>;
}

/** @throws a sentence when no system runs from this folder */
export function findRunningSystem(dataDir: string): RunningSystem {
  const system = read(join(dataDir, 'system.json'));
  if (system && isAlive(system.pid)) return system;
  throw new Error(
    `No running system was found in ${dataDir}: start one with npm start, or name its folder with --data.`,
  );
}

const read = (file: string): RunningSystem | undefined =>
  existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as RunningSystem) : undefined;

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

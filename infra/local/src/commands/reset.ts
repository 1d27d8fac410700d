import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { removePostgresData } from '@souk/postgres';
import { readConfig } from '../config.js';
import { takeLock } from '../setup/lock.js';

/** `npm run reset`: deletes what `npm start` keeps between runs. */
export async function run(): Promise<void> {
  const { dataDir } = readConfig();
  // Held to the end: nothing may start on a folder that is going.
  takeLock(dataDir);
  await removePostgresData(join(dataDir, 'postgres'));
  await rm(dataDir, { recursive: true, force: true });
  process.stdout.write(`Deleted ${dataDir}.\n`);
}

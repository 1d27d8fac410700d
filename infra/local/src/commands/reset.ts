import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { Command } from 'commander';
import { removePostgresData } from '@souk/postgres';
import { readConfig } from '../config.js';
import { takeLock } from '../setup/lock.js';

/** `npm run reset`: deletes what `npm start` keeps between runs. */
export async function run(args: readonly string[]): Promise<void> {
  const { data } = new Command('npm run reset --')
    .description('Delete what a system keeps between its runs: data, secrets and logs.')
    .option('--data <folder>', 'where everything is kept', readConfig().dataDir)
    .parse(args, { from: 'user' })
    .opts<{ data: string }>();
  const dataDir = resolve(data);
  if (!existsSync(dataDir)) throw new Error(`${dataDir} does not exist: there is nothing to delete.`);
  if (!existsSync(join(dataDir, 'secrets')))
    throw new Error(`${dataDir} is no data folder of Souk: nothing was deleted.`);
  // Held to the end: nothing may start on a folder that is going.
  takeLock(dataDir);
  await removePostgresData(join(dataDir, 'postgres'));
  await rm(dataDir, { recursive: true, force: true });
  process.stdout.write(`Deleted ${dataDir}.\n`);
}

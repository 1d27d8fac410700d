import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { removePostgresData } from '@souk/postgres';

/** Gives `work` an empty folder for a system's data, which goes when `work` has ended in whatever way. */
export async function inTemporaryFolder<T>(name: string, work: (dataDir: string) => Promise<T>): Promise<T> {
  const dataDir = mkdtempSync(join(tmpdir(), `souk-${name}-`));
  try {
    return await work(dataDir);
  } finally {
    await removePostgresData(join(dataDir, 'postgres'));
    rmSync(dataDir, { recursive: true, force: true });
  }
}

import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const pom = fileURLToPath(new URL('../pom.xml', import.meta.url));
const libs = fileURLToPath(new URL('../libs', import.meta.url));

/**
 * Kafka's jars, fetched on first use; a changed pom.xml fetches anew.
 * @param onFetch called before a download starts (some 54 MB)
 * @returns their folder
 */
export async function fetchJars(onFetch: () => void): Promise<string> {
  const key = createHash('sha256')
    .update(await readFile(pom))
    .digest('hex')
    .slice(0, 12);
  const folder = join(libs, key);
  if (await exists(folder)) return folder;
  onFetch();
  const draft = `${folder}.${process.pid}`;
  const goal = ['dependency:copy-dependencies', '-DincludeScope=runtime', `-DoutputDirectory=${draft}`];
  try {
    await promisify(execFile)('mvn', ['-q', '-B', '-f', pom, ...goal]);
    await rename(draft, folder);
  } catch (cause) {
    await rm(draft, { recursive: true, force: true });
    if (await exists(folder)) return folder;
    throw new Error(`Maven could not fetch Kafka's jars: ${firstError(cause)}`, { cause });
  }
  return folder;
}

const firstError = (cause: unknown): string => {
  const said = cause instanceof Error && 'stdout' in cause ? String(cause.stdout) : String(cause);
  return said.split('\n').find((line) => line.includes('ERROR')) ?? said;
};

const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );

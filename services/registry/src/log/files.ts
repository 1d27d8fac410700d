import { open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { decodeFrames, encodeFrame } from './frames.js';

const SNAPSHOT = 'snapshot';

/** What a data directory held: the last snapshot and the records after it. */
export interface Recovered {
  readonly generation: number;
  readonly snapshot: string | undefined;
  readonly records: readonly string[];
  /** Bytes of whole records; the log goes on from here. */
  readonly logBytes: number;
  /** Bytes of the torn tail. */
  readonly tornBytes: number;
}

/** The log that follows the snapshot of the same generation. */
export function logPath(directory: string, generation: number): string {
  return join(directory, `log-${generation}`);
}

/**
 * Reads a data directory without changing it.
 * @throws Error when the snapshot is damaged: that is lost data, not a torn tail
 */
export async function recover(directory: string): Promise<Recovered> {
  const { generation, snapshot } = await readSnapshot(directory);
  const log = await readFile(logPath(directory, generation)).catch(absent);
  const { records, end } = decodeFrames(log ?? Buffer.alloc(0));
  return { generation, snapshot, records, logBytes: end, tornBytes: (log?.length ?? 0) - end };
}

/** Writes the snapshot that starts a generation, durably: it is there whole or not at all. */
export async function writeSnapshot(directory: string, generation: number, state: string): Promise<void> {
  const temporary = join(directory, `${SNAPSHOT}.new`);
  const file = await open(temporary, 'w');
  try {
    await file.writeFile(Buffer.concat([encodeFrame(String(generation)), encodeFrame(state)]));
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(temporary, join(directory, SNAPSHOT));
  await syncDirectory(directory);
}

/** Removes the logs of every other generation. */
export async function removeOldLogs(directory: string, generation: number): Promise<void> {
  const old = (await readdir(directory)).filter(
    (name) => /^log-\d+$/.test(name) && name !== `log-${generation}`,
  );
  await Promise.all(old.map((name) => rm(join(directory, name), { force: true })));
}

export async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(directory, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function readSnapshot(directory: string) {
  const path = join(directory, SNAPSHOT);
  const bytes = await readFile(path).catch(absent);
  if (bytes === undefined) return { generation: 0, snapshot: undefined };
  const { records, end } = decodeFrames(bytes);
  const [generation, snapshot] = records;
  if (generation === undefined || snapshot === undefined || end !== bytes.length) {
    throw new Error(`${path} is damaged: restore it from a backup, or remove the directory to start empty`);
  }
  return { generation: Number(generation), snapshot };
}

function absent(error: unknown): undefined {
  if (typeof error === 'object' && error !== null && 'code' in error && error.code === 'ENOENT') return;
  throw error;
}

import { type FileHandle, open } from 'node:fs/promises';
import { RegistryError } from '../domain/errors.js';
import { type Recovered, logPath, removeOldLogs, syncDirectory, writeSnapshot } from './files.js';
import { encodeFrame } from './frames.js';

export interface JournalOptions {
  readonly directory: string;
  readonly recovered: Recovered;
  /** The whole state as text, holding every record appended so far. */
  readonly image: () => string;
  /** A log past this size is replaced by a snapshot. */
  readonly compactAtBytes: number;
}

interface Waiting {
  readonly frame: Buffer;
  readonly resolve: () => void;
  readonly reject: (cause: unknown) => void;
}

/** Opens the log for appending where recovery found its last whole record. */
export async function openJournal(options: JournalOptions): Promise<DurableJournal> {
  const { directory, recovered } = options;
  const file = await open(logPath(directory, recovered.generation), 'a');
  await file.truncate(recovered.logBytes);
  await file.datasync();
  await syncDirectory(directory);
  await removeOldLogs(directory, recovered.generation);
  return new DurableJournal(options, file);
}

/**
 * An append-only log with group commit: whatever is appended while one flush runs shares the next one.
 * After a failed write the log's tail is unknown, so the next flush starts a new generation from a snapshot,
 * which holds the failed records too; their senders were told that they failed, and may try again.
 */
export class DurableJournal {
  readonly #options: JournalOptions;
  #file: FileHandle;
  #generation: number;
  #bytes: number;
  #waiting: Waiting[] = [];
  #flushing: Promise<void> | undefined;
  #tailUnknown = false;

  constructor(options: JournalOptions, file: FileHandle) {
    this.#options = options;
    this.#file = file;
    this.#generation = options.recovered.generation;
    this.#bytes = options.recovered.logBytes;
  }

  append(record: string): Promise<void> {
    return this.#write(encodeFrame(record));
  }

  /** Joins the next flush when one is under way or owed, so that nothing earlier is still in the air. */
  settled(): Promise<void> {
    if (this.#flushing === undefined && !this.#tailUnknown) return Promise.resolve();
    return this.#write(Buffer.alloc(0));
  }

  #write(frame: Buffer): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ frame, resolve, reject });
      this.#flushing ??= this.#flushAll();
    });
  }

  /** Writes what waits, then closes the file. */
  async close(): Promise<void> {
    await this.#flushing;
    await this.#file.close();
  }

  async #flushAll(): Promise<void> {
    await Promise.resolve();
    while (this.#waiting.length > 0) {
      const group = this.#waiting;
      this.#waiting = [];
      await this.#flush(group).then(
        () => {
          group.forEach(({ resolve }) => {
            resolve();
          });
        },
        (cause: unknown) => {
          this.#tailUnknown = true;
          group.forEach(({ reject }) => {
            reject(notKept(cause));
          });
        },
      );
    }
    this.#flushing = undefined;
  }

  async #flush(group: readonly Waiting[]): Promise<void> {
    if (this.#tailUnknown || this.#bytes >= this.#options.compactAtBytes) return this.#compact();
    const bytes = Buffer.concat(group.map(({ frame }) => frame));
    await this.#file.appendFile(bytes);
    await this.#file.datasync();
    this.#bytes += bytes.length;
  }

  /** The image is taken first and synchronously, so it holds the waiting group and nothing half-applied. */
  async #compact(): Promise<void> {
    const state = this.#options.image();
    const { directory } = this.#options;
    const next = this.#generation + 1;
    const file = await open(logPath(directory, next), 'a');
    try {
      await file.truncate(0);
      await file.datasync();
      await writeSnapshot(directory, next, state);
    } catch (cause) {
      await file.close();
      throw cause;
    }
    await this.#file.close();
    this.#file = file;
    this.#generation = next;
    this.#bytes = 0;
    this.#tailUnknown = false;
    await removeOldLogs(directory, next);
  }
}

function notKept(cause: unknown): RegistryError {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new RegistryError('unavailable', `The write could not be kept: ${why}`, { cause });
}

/** The journal of a registry that lives in memory only. */
export const memoryJournal = {
  append: () => Promise.resolve(),
  settled: () => Promise.resolve(),
  close: () => Promise.resolve(),
};

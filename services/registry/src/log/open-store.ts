import { mkdir } from 'node:fs/promises';
import { Store, type StoreImage } from '../store/store.js';
import type { Commit } from '../store/changes.js';
import { recover } from './files.js';
import { memoryJournal, openJournal } from './journal.js';

/** More commits than can have been shown to readers and then lost in one crash. */
const LOST_COMMITS = 65_536;

export interface OpenStore {
  readonly store: Store;
  /** Bytes of a torn tail that recovery cut off. */
  readonly tornBytes: number;
  close(): Promise<void>;
}

/** Opens the store of a data directory; an empty name keeps it in memory. @param compactAtBytes see JournalOptions */
export async function openStore(directory: string, compactAtBytes: number): Promise<OpenStore> {
  if (directory === '') {
    const store = new Store({ firstIndex: firstIndexAfter(0), journal: memoryJournal });
    return { store, tornBytes: 0, close: memoryJournal.close };
  }
  await mkdir(directory, { recursive: true });
  const recovered = await recover(directory);
  const image = recovered.snapshot === undefined ? undefined : readImage(recovered.snapshot);
  const commits = recovered.records.map((record) => JSON.parse(record) as Commit);
  const journal = await openJournal({
    directory,
    recovered,
    image: () => JSON.stringify(store.image()),
    compactAtBytes,
  });
  const lastIndex = commits.at(-1)?.index ?? image?.index ?? 0;
  const store: Store = new Store({ firstIndex: firstIndexAfter(lastIndex), journal });
  if (image !== undefined) store.restore(image);
  for (const commit of commits) store.replay(commit);
  return { store, tornBytes: recovered.tornBytes, close: () => journal.close() };
}

/** Snapshots of earlier versions know no nodes. */
function readImage(snapshot: string): StoreImage {
  const image = JSON.parse(snapshot) as Omit<StoreImage, 'nodes'> & Partial<StoreImage>;
  return { ...image, nodes: image.nodes ?? [] };
}

/**
 * Above every index of an earlier life, also one whose data is gone: at least the time in seconds, which
 * outruns a registry's changes.
 */
function firstIndexAfter(lastIndex: number): number {
  const seconds = Math.floor(Date.now() / 1_000);
  return Math.max(seconds, lastIndex === 0 ? 0 : lastIndex + LOST_COMMITS);
}

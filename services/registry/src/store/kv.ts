import type { KvEntry, KvRecord } from '../domain/shapes.js';
import type { Write } from './catalog.js';
import { topics } from './topics.js';

/** The key-value table. */
export class KvTable {
  readonly #records = new Map<string, KvRecord>();
  readonly #firstIndex: number;
  #lastDelete: number;

  constructor(firstIndex: number) {
    this.#firstIndex = firstIndex;
    this.#lastDelete = firstIndex;
  }

  get(key: string): KvRecord | undefined {
    return this.#records.get(key);
  }

  /** Records whose key starts with the prefix, in key order. */
  under(prefix: string): KvRecord[] {
    return [...this.#records.values()]
      .filter(({ key }) => key.startsWith(prefix))
      .sort((a, b) => (a.key < b.key ? -1 : 1));
  }

  /** The index to wait on for one key: of the record, or of the last delete while there is none. */
  indexOf(key: string): number {
    const record = this.#records.get(key);
    return record === undefined ? this.#lastDelete : Math.max(record.modifyIndex, this.#firstIndex);
  }

  /** The index to wait on for all keys under a prefix. */
  indexUnder(prefix: string): number {
    let index = this.#lastDelete;
    for (const { key, modifyIndex } of this.#records.values()) {
      if (modifyIndex > index && key.startsWith(prefix)) index = modifyIndex;
    }
    return index;
  }

  put(entry: KvEntry, write: Write): void {
    const createIndex = this.#records.get(entry.key)?.createIndex ?? write.index;
    this.#records.set(entry.key, { ...entry, createIndex, modifyIndex: write.index });
    write.touch(topics.kv(entry.key));
  }

  remove(key: string, write: Write): void {
    if (!this.#records.delete(key)) return;
    this.#lastDelete = Math.max(this.#lastDelete, write.index);
    write.touch(topics.kv(key));
  }

  restore(records: readonly KvRecord[]): void {
    for (const record of records) this.#records.set(record.key, record);
  }
}

import {
  type CheckRecord,
  type KvRecord,
  LOCAL_NODE,
  type NodeRecord,
  type ServiceRecord,
} from '../domain/shapes.js';
import { Catalog, type Write } from './catalog.js';
import type { Change, Commit } from './changes.js';
import { KvTable } from './kv.js';
import { topics } from './topics.js';
import { Watchers } from './watchers.js';

/** Where commits are made to last. */
export interface Journal {
  /** Resolves when the record, and every record before it, survives a crash. */
  append(record: string): Promise<void>;
  /** Resolves when everything appended so far survives a crash. */
  settled(): Promise<void>;
}

/** The whole store as a snapshot keeps it. The registry's own node isn't kept: it comes from configuration. */
export interface StoreImage {
  readonly index: number;
  readonly nodes: readonly NodeRecord[];
  readonly services: readonly ServiceRecord[];
  readonly checks: readonly CheckRecord[];
  readonly kv: readonly KvRecord[];
}

export interface StoreOptions {
  readonly firstIndex: number;
  readonly journal: Journal;
}

/**
 * The one truth: catalog and key-value table in memory, one index over both, watchers per topic.
 * A commit applies at once and is acknowledged when the journal has it.
 */
export class Store {
  readonly catalog: Catalog;
  readonly kv: KvTable;
  readonly watchers = new Watchers();
  readonly #journal: Journal;
  readonly #observers: ((change: Change) => void)[] = [];
  #index: number;

  constructor(options: StoreOptions) {
    this.#journal = options.journal;
    this.#index = options.firstIndex;
    this.catalog = new Catalog(options.firstIndex);
    this.kv = new KvTable(options.firstIndex);
  }

  get index(): number {
    return this.#index;
  }

  /** Calls `observe` after each applied change, in order. */
  observe(observe: (change: Change) => void): void {
    this.#observers.push(observe);
  }

  /**
   * Applies all changes as one and resolves when they are durable. An empty list waits for what was
   * committed before: a repeated request isn't acknowledged ahead of the write that it repeats.
   */
  commit(changes: readonly Change[]): Promise<void> {
    return this.#commit(changes, false);
  }

  /** The same without a new index: the change is kept but wakes no blocking query (a check's output). */
  commitQuietly(changes: readonly Change[]): Promise<void> {
    return this.#commit(changes, true);
  }

  /** Applies changes that the journal needn't keep: what each start makes anew. */
  seed(changes: readonly Change[]): void {
    this.#index += 1;
    this.#apply({ index: this.#index, quiet: false, changes });
  }

  /** Replays a commit from the journal, before anyone watches. */
  replay(commit: Commit): void {
    this.#apply(commit);
  }

  restore(image: StoreImage): void {
    this.catalog.restore(image);
    this.kv.restore(image.kv);
  }

  image(): StoreImage {
    return {
      index: this.#index,
      nodes: this.catalog.nodes().filter(({ key }) => key !== LOCAL_NODE),
      services: [...this.catalog.services()],
      checks: [...this.catalog.checks()],
      kv: this.kv.under(''),
    };
  }

  #commit(changes: readonly Change[], quiet: boolean): Promise<void> {
    if (changes.length === 0) return this.#journal.settled();
    if (!quiet) this.#index += 1;
    const commit: Commit = { index: this.#index, quiet, changes };
    this.#apply(commit);
    return this.#journal.append(JSON.stringify(commit));
  }

  #apply(commit: Commit): void {
    const touched = new Set<string>();
    const write: Write = { ...commit, touch: (topic) => touched.add(topic) };
    for (const change of commit.changes) this.#applyOne(change, write);
    for (const change of commit.changes) for (const observe of this.#observers) observe(change);
    if (!commit.quiet) this.#wake(touched, commit.changes);
  }

  #applyOne(change: Change, write: Write): void {
    switch (change.kind) {
      case 'node': {
        this.catalog.putNode(change.node, write);
        return;
      }
      case 'node-gone': {
        this.catalog.removeNode(change.node, write);
        return;
      }
      case 'service': {
        this.catalog.putService(change.service, write);
        return;
      }
      case 'service-gone': {
        this.catalog.removeService(change.node, change.id, write);
        return;
      }
      case 'check': {
        this.catalog.putCheck(change.check, write);
        return;
      }
      case 'check-gone': {
        this.catalog.removeCheck(change.node, change.id, write);
        return;
      }
      case 'kv': {
        this.kv.put(change.entry, write);
        return;
      }
      case 'kv-gone': {
        this.kv.remove(change.key, write);
        return;
      }
      default:
        change satisfies never;
    }
  }

  #wake(touched: ReadonlySet<string>, changes: readonly Change[]): void {
    for (const topic of touched) this.watchers.wake(topic);
    for (const change of changes) {
      if (change.kind === 'kv') this.watchers.wakePrefixesOf(change.entry.key);
      else if (change.kind === 'kv-gone') this.watchers.wakePrefixesOf(change.key);
    }
  }
}

/** Topics of every result that shows a service's health. */
export function healthTopics(name: string): readonly string[] {
  return [topics.service(name), topics.nodeChecks, topics.nodes];
}

/** The index of a result that shows a service's health. */
export function healthIndex(catalog: Catalog, name: string): number {
  return Math.max(catalog.serviceIndex(name), catalog.indexes.of('nodeChecks'), catalog.indexes.of('nodes'));
}

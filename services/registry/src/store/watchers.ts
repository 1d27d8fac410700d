import { prefixOf } from './topics.js';

type Wake = () => void;

/** Who waits for which topic: a list per topic, no polling. What changes in one turn of the event loop wakes once. */
export class Watchers {
  /** So many may wait at once. */
  limit = Infinity;
  readonly #lists = new Map<string, Set<Wake>>();
  readonly #prefixes = new Set<string>();
  readonly #touched = new Set<string>();
  #open = 0;
  #scheduled: NodeJS.Immediate | undefined;

  /** Calls `wake` after each touch of the topics until the returned function is called. */
  watch(topics: readonly string[], wake: Wake): () => void {
    for (const topic of topics) this.#add(topic, wake);
    this.#open += 1;
    let isOver = false;
    return () => {
      if (isOver) return;
      isOver = true;
      this.#open -= 1;
      for (const topic of topics) this.#remove(topic, wake);
    };
  }

  /** A topic changed: its watchers are woken when this turn's changes are all made. */
  wake(topic: string): void {
    if (!this.#lists.has(topic)) return;
    this.#touched.add(topic);
    this.#scheduled ??= setImmediate(() => {
      this.flush();
    });
  }

  /** Wakes who waits for a prefix of this key. */
  wakePrefixesOf(key: string): void {
    for (const topic of this.#prefixes) {
      if (key.startsWith(prefixOf(topic) ?? key)) this.wake(topic);
    }
  }

  /** Wakes now who is to be woken, each once. */
  flush(): void {
    clearImmediate(this.#scheduled);
    this.#scheduled = undefined;
    const due = new Set<Wake>();
    for (const topic of this.#touched) for (const wake of this.#lists.get(topic) ?? []) due.add(wake);
    this.#touched.clear();
    for (const wake of due) wake();
  }

  /** Wakes everyone: the registry stops and answers what it has. */
  wakeAll(): void {
    for (const topic of this.#lists.keys()) this.#touched.add(topic);
    this.flush();
  }

  /** How many wait. */
  get size(): number {
    return this.#open;
  }

  get isFull(): boolean {
    return this.#open >= this.limit;
  }

  #add(topic: string, wake: Wake): void {
    const list = this.#lists.get(topic);
    if (list !== undefined) {
      list.add(wake);
      return;
    }
    this.#lists.set(topic, new Set([wake]));
    if (prefixOf(topic) !== undefined) this.#prefixes.add(topic);
  }

  #remove(topic: string, wake: Wake): void {
    const list = this.#lists.get(topic);
    if (list === undefined || !list.delete(wake) || list.size > 0) return;
    this.#lists.delete(topic);
    this.#prefixes.delete(topic);
  }
}

import { prefixOf } from './topics.js';

type Wake = () => void;

/** Who waits for which topic: a list per topic, woken once, no polling. */
export class Watchers {
  readonly #lists = new Map<string, Set<Wake>>();
  readonly #prefixes = new Set<string>();

  /** Calls `wake` at each touch of the topics until the returned function is called. */
  watch(topics: readonly string[], wake: Wake): () => void {
    for (const topic of topics) this.#add(topic, wake);
    return () => {
      for (const topic of topics) this.#remove(topic, wake);
    };
  }

  wake(topic: string): void {
    for (const wake of [...(this.#lists.get(topic) ?? [])]) wake();
  }

  /** Wakes who waits for a prefix of this key. */
  wakePrefixesOf(key: string): void {
    for (const topic of [...this.#prefixes]) {
      if (key.startsWith(prefixOf(topic) ?? key)) this.wake(topic);
    }
  }

  /** Wakes everyone: the registry stops and answers what it has. */
  wakeAll(): void {
    for (const topic of [...this.#lists.keys()]) this.wake(topic);
  }

  /** How many waits are open, over all topics. */
  get size(): number {
    let size = 0;
    for (const list of this.#lists.values()) size += list.size;
    return size;
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

/** A map from a key to a set of values, without empty sets. */
export class MultiMap {
  readonly #sets = new Map<string, Set<string>>();

  get(key: string): ReadonlySet<string> {
    return this.#sets.get(key) ?? EMPTY;
  }

  has(key: string): boolean {
    return this.#sets.has(key);
  }

  keys(): IterableIterator<string> {
    return this.#sets.keys();
  }

  add(key: string, value: string): void {
    const set = this.#sets.get(key);
    if (set === undefined) this.#sets.set(key, new Set([value]));
    else set.add(value);
  }

  delete(key: string, value: string): void {
    const set = this.#sets.get(key);
    if (set?.delete(value) === true && set.size === 0) this.#sets.delete(key);
  }
}

const EMPTY: ReadonlySet<string> = new Set();

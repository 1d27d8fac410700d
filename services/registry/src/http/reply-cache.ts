const MAX_ENTRIES = 256;
const MAX_BYTES = 1024 * 1024;

interface Entry {
  readonly version: number;
  readonly body: Buffer;
}

/**
 * Answers as they were last sent: the thousands that one change wakes get the same bytes, made once. What is long
 * isn't kept, and of the rest the latest.
 */
export class ReplyCache {
  readonly #entries = new Map<string, Entry>();

  /** The JSON of a result at a version, made anew when the version is another. */
  at(key: string, version: number, make: () => unknown): Buffer {
    const known = this.#entries.get(key);
    if (known?.version === version) return known.body;
    const body = Buffer.from(JSON.stringify(make()));
    this.#entries.delete(key);
    if (body.length <= MAX_BYTES) this.#keep(key, { version, body });
    return body;
  }

  #keep(key: string, entry: Entry): void {
    this.#entries.set(key, entry);
    const [oldest] = this.#entries.keys();
    if (this.#entries.size > MAX_ENTRIES && oldest !== undefined) this.#entries.delete(oldest);
  }
}

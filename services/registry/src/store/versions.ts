/**
 * Tells whether what was made of a service's records still holds: unlike an index, a version also moves with changes
 * that wake nobody (a check's output). A version is never met again.
 */
export class Versions {
  readonly #byService = new Map<string, number>();
  #clock = 0;
  #shared = 0;
  #extinction = 0;

  of(name: string): number {
    return Math.max(this.#byService.get(name) ?? this.#extinction, this.#shared);
  }

  touch(name: string): void {
    this.#clock += 1;
    this.#byService.set(name, this.#clock);
  }

  /** Something changed that every service's results show. */
  touchAll(): void {
    this.#clock += 1;
    this.#shared = this.#clock;
  }

  /** The last instance of a service is gone. */
  forget(name: string): void {
    this.#clock += 1;
    this.#byService.delete(name);
    this.#extinction = this.#clock;
  }
}

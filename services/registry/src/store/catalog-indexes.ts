type Table = 'nodes' | 'services' | 'checks' | 'nodeChecks';

/**
 * The index of each result that can be waited for. None is ever below the store's first index, so whoever
 * waited on an earlier life of the registry is answered at once instead of sleeping on an index from then.
 */
export class CatalogIndexes {
  readonly #first: number;
  readonly #tables: Record<Table, number>;
  readonly #byService = new Map<string, number>();
  /** When the last instance of any service left: the index of every service that isn't there. */
  #extinction: number;

  constructor(first: number) {
    this.#first = first;
    this.#tables = { nodes: first, services: first, checks: first, nodeChecks: first };
    this.#extinction = first;
  }

  of(table: Table): number {
    return this.#tables[table];
  }

  raise(table: Table, index: number): void {
    this.#tables[table] = Math.max(this.#tables[table], index);
  }

  ofService(name: string, exists: boolean): number {
    return exists ? (this.#byService.get(name) ?? this.#first) : this.#extinction;
  }

  raiseService(name: string, index: number): void {
    this.#byService.set(name, Math.max(this.#first, index));
  }

  forget(name: string, index: number): void {
    this.#byService.delete(name);
    this.#extinction = Math.max(this.#extinction, index);
  }
}

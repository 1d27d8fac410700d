import { LOCAL_NODE } from '../domain/shapes.js';
import type { Catalog } from '../store/catalog.js';
import { foldName } from '../store/topics.js';

/**
 * Knows when an empty answer isn't to be believed: nginx drops every upstream on NXDOMAIN, and keeps what it has on
 * SERVFAIL. So for a while after the start, when services haven't registered yet, and after the checks of a service
 * lapsed, which more often means that the registry couldn't be reached than that all instances are gone. A service
 * that fails or leaves by its own word is believed. Times are milliseconds of one monotonic clock.
 */
export class Hold {
  readonly #holdMs: number;
  readonly #catalog: Catalog;
  #startedAt = -Infinity;
  /** By service name; the latest lapse last. */
  readonly #lapses = new Map<string, number>();

  /** @param holdMs 0 never holds */
  constructor(holdMs: number, catalog: Catalog) {
    this.#holdMs = holdMs;
    this.#catalog = catalog;
  }

  begin(nowMs: number): void {
    this.#startedAt = nowMs;
  }

  /** An instance was not heard of for its TTL. */
  noteLapse(serviceId: string, nowMs: number): void {
    const service = this.#catalog.service(LOCAL_NODE, serviceId);
    if (service === undefined) return;
    const name = foldName(service.name);
    this.#lapses.delete(name);
    this.#lapses.set(name, nowMs);
    this.#forgetOld(nowMs);
  }

  /** True while a service without passing instances may only seem to be without. */
  holds(name: string, nowMs: number): boolean {
    if (nowMs - this.#startedAt < this.#holdMs) return true;
    const lapsedAt = this.#lapses.get(foldName(name));
    if (lapsedAt === undefined || nowMs - lapsedAt >= this.#holdMs) return false;
    return this.#catalog.servicesNamed(name).length > 0;
  }

  #forgetOld(nowMs: number): void {
    for (const [name, at] of this.#lapses) {
      if (nowMs - at < this.#holdMs) return;
      this.#lapses.delete(name);
    }
  }
}

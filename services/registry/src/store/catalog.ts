import type {
  CheckRecord,
  NodeDefinition,
  NodeRecord,
  ServiceDefinition,
  ServiceRecord,
} from '../domain/shapes.js';
import { CatalogIndexes } from './catalog-indexes.js';
import type { CheckPut } from './changes.js';
import { MultiMap } from './multi-map.js';
import { foldName, topics } from './topics.js';
import { Versions } from './versions.js';

/** One write: at which index, who hears of it, and whether it counts as a change for blocking queries. */
export interface Write {
  readonly index: number;
  readonly quiet: boolean;
  touch(topic: string): void;
}

/** Records as a snapshot keeps them. */
export interface Records {
  readonly nodes: readonly NodeRecord[];
  readonly services: readonly ServiceRecord[];
  readonly checks: readonly CheckRecord[];
}

/** Nodes, services and checks, found by id, by service name and by owner. */
export class Catalog {
  readonly indexes: CatalogIndexes;
  readonly #versions = new Versions();
  readonly #nodes = new Map<string, NodeRecord>();
  readonly #services = new Map<string, ServiceRecord>();
  readonly #checks = new Map<string, CheckRecord>();
  readonly #byName = new MultiMap();
  readonly #checksByOwner = new MultiMap();

  constructor(firstIndex: number) {
    this.indexes = new CatalogIndexes(firstIndex);
  }

  nodes(): NodeRecord[] {
    return [...this.#nodes.values()];
  }

  node(key: string): NodeRecord | undefined {
    return this.#nodes.get(key);
  }

  services(): IterableIterator<ServiceRecord> {
    return this.#services.values();
  }

  service(node: string, id: string): ServiceRecord | undefined {
    return this.#services.get(keyOf(node, id));
  }

  servicesNamed(name: string): ServiceRecord[] {
    return present(this.#byName.get(foldName(name)), this.#services);
  }

  checks(): IterableIterator<CheckRecord> {
    return this.#checks.values();
  }

  check(node: string, id: string): CheckRecord | undefined {
    return this.#checks.get(keyOf(node, id));
  }

  /** The checks of one service; with an empty id, those of the node itself. */
  checksOf(node: string, serviceId: string): CheckRecord[] {
    return present(this.#checksByOwner.get(keyOf(node, serviceId)), this.#checks);
  }

  /** What a blocking query on one service's instances compares with. */
  serviceIndex(name: string): number {
    return this.indexes.ofService(foldName(name), this.#byName.has(foldName(name)));
  }

  /** Moves with every change that a result about this service shows, also with those that wake nobody. */
  versionOf(name: string): number {
    return this.#versions.of(foldName(name));
  }

  putNode(definition: NodeDefinition, write: Write): void {
    this.#versions.touchAll();
    const record = stamped(definition, this.#nodes.get(definition.key), write);
    this.#nodes.set(definition.key, record);
    this.indexes.raise('nodes', write.index);
    write.touch(topics.nodes);
  }

  /** What ran there goes by changes of its own. */
  removeNode(key: string, write: Write): void {
    if (!this.#nodes.delete(key)) return;
    this.#versions.touchAll();
    this.indexes.raise('nodes', write.index);
    write.touch(topics.nodes);
  }

  putService(definition: ServiceDefinition, write: Write): void {
    const key = keyOf(definition.node, definition.id);
    const previous = this.#services.get(key);
    this.#services.set(key, stamped(definition, previous, write));
    this.#byName.add(foldName(definition.name), key);
    if (previous !== undefined && foldName(previous.name) !== foldName(definition.name))
      this.#unname(previous, write);
    this.#touchService(definition.name, write);
    this.#touchServices(write);
  }

  removeService(node: string, id: string, write: Write): void {
    const service = this.service(node, id);
    if (service === undefined) return;
    this.#services.delete(keyOf(node, id));
    this.#unname(service, write);
    this.#touchServices(write);
  }

  putCheck(check: CheckPut, write: Write): void {
    const key = keyOf(check.node, check.id);
    const previous = this.#checks.get(key);
    this.#checks.set(key, stamped(check, previous, write));
    this.#checksByOwner.add(keyOf(check.node, check.serviceId), key);
    if (previous !== undefined && previous.serviceId !== check.serviceId) this.#disown(previous, write);
    this.#touchCheck(check, write);
  }

  removeCheck(node: string, id: string, write: Write): void {
    const check = this.check(node, id);
    if (check === undefined) return;
    this.#checks.delete(keyOf(node, id));
    this.#disown(check, write);
  }

  /** Puts back records as a snapshot kept them. */
  restore({ nodes, services, checks }: Records): void {
    for (const node of nodes) this.#nodes.set(node.key, node);
    for (const service of services) {
      const key = keyOf(service.node, service.id);
      this.#services.set(key, service);
      this.#byName.add(foldName(service.name), key);
    }
    for (const check of checks) {
      const key = keyOf(check.node, check.id);
      this.#checks.set(key, check);
      this.#checksByOwner.add(keyOf(check.node, check.serviceId), key);
    }
  }

  #unname(service: ServiceRecord, write: Write): void {
    const name = foldName(service.name);
    this.#byName.delete(name, keyOf(service.node, service.id));
    this.#touchService(name, write);
    if (this.#byName.has(name)) return;
    this.indexes.forget(name, write.index);
    this.#versions.forget(name);
  }

  #disown(check: CheckRecord, write: Write): void {
    this.#checksByOwner.delete(keyOf(check.node, check.serviceId), keyOf(check.node, check.id));
    this.#touchCheck(check, write);
  }

  #touchCheck(check: CheckPut, write: Write): void {
    const owner = check.serviceId === '' ? undefined : this.service(check.node, check.serviceId);
    if (check.serviceId === '') this.#versions.touchAll();
    else if (owner !== undefined) this.#versions.touch(foldName(owner.name));
    if (write.quiet) return;
    this.indexes.raise('checks', write.index);
    write.touch(topics.checks);
    if (check.serviceId === '') {
      this.indexes.raise('nodeChecks', write.index);
      write.touch(topics.nodeChecks);
      return;
    }
    if (owner !== undefined) this.#touchService(owner.name, write);
  }

  #touchService(name: string, write: Write): void {
    this.#versions.touch(foldName(name));
    this.indexes.raiseService(foldName(name), write.index);
    write.touch(topics.service(name));
  }

  #touchServices(write: Write): void {
    this.indexes.raise('services', write.index);
    write.touch(topics.services);
  }
}

function keyOf(node: string, id: string): string {
  return `${node}\u0000${id}`;
}

function present<T>(keys: ReadonlySet<string>, records: ReadonlyMap<string, T>): T[] {
  const found: T[] = [];
  for (const key of keys) {
    const record = records.get(key);
    if (record !== undefined) found.push(record);
  }
  return found;
}

function stamped<T extends object>(
  definition: T,
  previous: { readonly createIndex: number; readonly modifyIndex: number } | undefined,
  write: Write,
) {
  const modifyIndex = write.quiet && previous !== undefined ? previous.modifyIndex : write.index;
  return { ...definition, createIndex: previous?.createIndex ?? write.index, modifyIndex };
}

import type { CheckRecord, NodeRecord, ServiceRecord } from '../domain/shapes.js';
import type { Catalog } from './catalog.js';

/** One instance with where it runs and all checks that count for it, those of its node first. */
export interface Instance {
  readonly node: NodeRecord;
  readonly service: ServiceRecord;
  readonly checks: readonly CheckRecord[];
}

/** The instances of a service, whatever their health. */
export function instancesOf(catalog: Catalog, name: string): Instance[] {
  const nodeChecks = new Map<string, readonly CheckRecord[]>();
  const instances: Instance[] = [];
  for (const service of catalog.servicesNamed(name)) {
    const node = catalog.node(service.node);
    if (node === undefined) continue;
    const ofNode = nodeChecks.get(node.key) ?? catalog.checksOf(node.key, '');
    nodeChecks.set(node.key, ofNode);
    instances.push({ node, service, checks: [...ofNode, ...catalog.checksOf(node.key, service.id)] });
  }
  return instances;
}

/** True when every check of it passes. */
export function isPassing({ checks }: Instance): boolean {
  return checks.every(({ status }) => status === 'passing');
}

/** Where an instance is reached: its own address, or else its node's. */
export function addressOf({ service, node }: Instance): string {
  return service.address || node.address;
}

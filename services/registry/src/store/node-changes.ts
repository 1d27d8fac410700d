import { nodeMaintenanceCheck, NODE_MAINTENANCE } from '../domain/maintenance.js';
import { RegistryError } from '../domain/errors.js';
import type { Deregistration, NodeRegistration } from '../domain/parse-node.js';
import { LOCAL_NODE } from '../domain/shapes.js';
import type { Catalog } from './catalog.js';
import type { Change } from './changes.js';
import { isSame, OWN_SERVICE } from './service-changes.js';

/** @throws RegistryError when a check is of a service that isn't there */
export function registerInCatalog(catalog: Catalog, request: NodeRegistration): Change[] {
  const { node, service, checks } = request;
  const changes: Change[] = [];
  const existing = catalog.node(node.key);
  // What this registry says of its own node comes from its configuration.
  const isKept = existing !== undefined && (request.skipNodeUpdate || node.key === LOCAL_NODE);
  if (!isKept && !isSame(node, existing)) changes.push({ kind: 'node', node });
  if (service !== undefined && !isSame(service, catalog.service(node.key, service.id))) {
    changes.push({ kind: 'service', service });
  }
  for (const check of checks) {
    const isOwned = check.serviceId === '' || check.serviceId === service?.id;
    if (!isOwned && catalog.service(node.key, check.serviceId) === undefined) {
      throw new RegistryError('invalid', 'Missing service registration');
    }
    if (!isSame(check, catalog.check(node.key, check.id))) changes.push({ kind: 'check', check });
  }
  return changes;
}

/** What isn't there needs no removing. @throws RegistryError for the registry's own node and service */
export function deregisterFromCatalog(catalog: Catalog, request: Deregistration): Change[] {
  const { node, serviceId, checkId } = request;
  if (serviceId !== '') {
    if (node === LOCAL_NODE && serviceId === OWN_SERVICE) throw notAllowed(`service ${OWN_SERVICE}`);
    return catalog.service(node, serviceId) === undefined ? [] : serviceGone(catalog, node, serviceId);
  }
  if (checkId !== '') {
    return catalog.check(node, checkId) === undefined ? [] : [{ kind: 'check-gone', node, id: checkId }];
  }
  if (node === LOCAL_NODE) throw notAllowed('node of the registry itself');
  if (catalog.node(node) === undefined) return [];
  const services = [...catalog.services()].filter((service) => service.node === node);
  return [
    ...services.flatMap(({ id }) => serviceGone(catalog, node, id)),
    ...checksGone(catalog, node, ''),
    { kind: 'node-gone', node },
  ];
}

/** @param wanted with the reason that is shown to whoever asks why */
export function setNodeMaintenance(
  catalog: Catalog,
  wanted: { readonly enable: boolean; readonly reason: string },
): Change[] {
  const exists = catalog.check(LOCAL_NODE, NODE_MAINTENANCE) !== undefined;
  if (exists === wanted.enable) return [];
  if (!wanted.enable) return [{ kind: 'check-gone', node: LOCAL_NODE, id: NODE_MAINTENANCE }];
  return [{ kind: 'check', check: nodeMaintenanceCheck(wanted.reason) }];
}

function serviceGone(catalog: Catalog, node: string, id: string): Change[] {
  return [{ kind: 'service-gone', node, id }, ...checksGone(catalog, node, id)];
}

function checksGone(catalog: Catalog, node: string, serviceId: string): Change[] {
  return catalog.checksOf(node, serviceId).map(({ id }) => ({ kind: 'check-gone', node, id }) as const);
}

function notAllowed(what: string): RegistryError {
  return new RegistryError('invalid', `Deregistering the ${what} is not allowed`);
}

import { isDeepStrictEqual } from 'node:util';
import { maintenanceCheckId } from '../domain/aggregate-status.js';
import { RegistryError, unknownCheck, unknownService } from '../domain/errors.js';
import { serviceMaintenanceCheck } from '../domain/maintenance.js';
import type { CheckRequest } from '../domain/parse-check.js';
import type { ServiceRequest } from '../domain/parse-service.js';
import { type CheckState, type Indexed, LOCAL_NODE } from '../domain/shapes.js';
import type { Catalog } from './catalog.js';
import type { Change, CheckPut } from './changes.js';

/** The service that stands for the registry itself. */
export const OWN_SERVICE = 'consul';

/**
 * What a registration changes: nothing when it repeats what is there. Checks that exist keep their status;
 * with `replaceChecks`, checks that the request doesn't name go.
 */
export function registerService(
  catalog: Catalog,
  request: ServiceRequest,
  options: { readonly replaceChecks: boolean },
): Change[] {
  const { service, checks } = request;
  const changes: Change[] = [];
  if (!isSame(service, catalog.service(service.node, service.id))) changes.push({ kind: 'service', service });
  for (const check of checks) changes.push(...registerCheck(catalog, check));
  if (!options.replaceChecks) return changes;
  const named = new Set(checks.map(({ definition }) => definition.id));
  const stale = catalog.checksOf(service.node, service.id).filter(({ id }) => !named.has(id));
  return [...changes, ...stale.map(({ node, id }) => ({ kind: 'check-gone', node, id }) as const)];
}

/** What registering one check changes. */
export function registerCheck(catalog: Catalog, { definition, initialStatus }: CheckRequest): Change[] {
  const existing = catalog.check(definition.node, definition.id);
  const { status, output } = existing ?? { status: initialStatus, output: '' };
  const check: CheckPut = { ...definition, status, output };
  return isSame(check, existing) ? [] : [{ kind: 'check', check }];
}

/** @throws RegistryError when there is no such service, or it is the registry's own */
export function deregisterService(catalog: Catalog, id: string): Change[] {
  if (id === OWN_SERVICE) {
    throw new RegistryError('invalid', `Deregistering the service ${OWN_SERVICE} is not allowed`);
  }
  if (catalog.service(LOCAL_NODE, id) === undefined) throw unknownService(id);
  const checks = catalog.checksOf(LOCAL_NODE, id);
  return [
    { kind: 'service-gone', node: LOCAL_NODE, id },
    ...checks.map((check) => ({ kind: 'check-gone', node: LOCAL_NODE, id: check.id }) as const),
  ];
}

/** @throws RegistryError when there is no such check */
export function deregisterCheck(catalog: Catalog, id: string): Change[] {
  if (catalog.check(LOCAL_NODE, id) === undefined) throw unknownCheck(id);
  return [{ kind: 'check-gone', node: LOCAL_NODE, id }];
}

/**
 * What a check's new state changes, and whether blocking queries should hear of it: a new status yes, new
 * output alone no.
 * @throws RegistryError when there is no such check
 */
export function updateCheck(
  catalog: Catalog,
  id: string,
  state: CheckState,
): { readonly changes: Change[]; readonly quiet: boolean } {
  const existing = catalog.check(LOCAL_NODE, id);
  if (existing === undefined) throw unknownCheck(id);
  const { createIndex: _created, modifyIndex: _modified, ...definition } = existing;
  const quiet = existing.status === state.status;
  if (quiet && existing.output === state.output) return { changes: [], quiet };
  return { changes: [{ kind: 'check', check: { ...definition, ...state } }], quiet };
}

/** @throws RegistryError when there is no such service */
export function setMaintenance(
  catalog: Catalog,
  serviceId: string,
  wanted: { readonly enable: boolean; readonly reason: string },
): Change[] {
  if (catalog.service(LOCAL_NODE, serviceId) === undefined) throw unknownService(serviceId);
  const id = maintenanceCheckId(serviceId);
  const exists = catalog.check(LOCAL_NODE, id) !== undefined;
  if (exists === wanted.enable) return [];
  if (!wanted.enable) return [{ kind: 'check-gone', node: LOCAL_NODE, id }];
  return [{ kind: 'check', check: serviceMaintenanceCheck(serviceId, wanted.reason) }];
}

/** True when a record is already as wanted. */
export function isSame<T extends object>(wanted: T, existing: (T & Indexed) | undefined): boolean {
  if (existing === undefined) return false;
  const { createIndex: _created, modifyIndex: _modified, ...kept } = existing;
  return isDeepStrictEqual({ ...wanted }, { ...kept });
}

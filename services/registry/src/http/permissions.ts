import { assertMayOperate, assertMayRead, assertMayWriteService, type Principal } from '../domain/access.js';
import { type CheckDefinition, LOCAL_NODE } from '../domain/shapes.js';
import type { ServiceRequest } from '../domain/parse-service.js';
import type { Catalog } from '../store/catalog.js';
import type { Handler, Routes } from './exchange.js';

/** Routes whose reads need leave to read. */
export function forReaders(routes: Routes): Routes {
  const guarded =
    (handler: Handler): Handler =>
    (exchange) => {
      assertMayRead(exchange.principal);
      return handler(exchange);
    };
  return Object.fromEntries(
    Object.entries(routes).map(([path, methods]) => {
      const { GET: read } = methods;
      return [path, read === undefined ? methods : { ...methods, GET: guarded(read) }];
    }),
  );
}

/** Routes of what belongs to no single service: whoever writes there is an operator. */
export function operatorWrites(routes: Routes): Routes {
  const guarded =
    (handler: Handler): Handler =>
    (exchange) => {
      assertMayOperate(exchange.principal);
      return handler(exchange);
    };
  const guardedUnlessRead = ([method, handler]: [string, Handler]) =>
    [method, method === 'GET' ? handler : guarded(handler)] as const;
  return Object.fromEntries(
    Object.entries(routes).map(([path, methods]) => [
      path,
      Object.fromEntries(Object.entries(methods).map(guardedUnlessRead)),
    ]),
  );
}

/** Nobody may take over another's service, nor another's check, by giving his own the same id. */
export function assertMayRegister(catalog: Catalog, principal: Principal, request: ServiceRequest): void {
  const { service, checks } = request;
  assertMayWriteService(principal, service.name);
  const existing = catalog.service(service.node, service.id);
  if (existing !== undefined) assertMayWriteService(principal, existing.name);
  for (const { definition } of checks) assertMayReplaceCheck(catalog, principal, definition.id);
}

/** @throws RegistryError `forbidden` unless there is no such check, or its owner's token is given */
export function assertMayReplaceCheck(catalog: Catalog, principal: Principal, checkId: string): void {
  const existing = catalog.check(LOCAL_NODE, checkId);
  if (existing !== undefined) assertMayOwnCheck(catalog, principal, existing);
}

/** A check of the node itself is an operator's. */
export function assertMayOwnCheck(
  catalog: Catalog,
  principal: Principal,
  { node, serviceId }: Pick<CheckDefinition, 'node' | 'serviceId'>,
): void {
  if (serviceId === '') {
    assertMayOperate(principal);
    return;
  }
  const owner = catalog.service(node, serviceId);
  if (owner === undefined) assertMayOperate(principal);
  else assertMayWriteService(principal, owner.name);
}

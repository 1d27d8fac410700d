import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The service that a path leads to, or undefined. */
export type RouteTable = (path: string) => string | undefined;

interface Route {
  readonly prefix: string;
  readonly exact: boolean;
  readonly service: string;
}

/** Reads `routes` of every service.json: "/x" is that path and all below it, "=/x" exactly that path. */
export function readRoutes(servicesDir: string): RouteTable {
  const routes = readdirSync(servicesDir)
    .map((name) => join(servicesDir, name, 'service.json'))
    .filter((file) => existsSync(file))
    .flatMap((file) => routesOf(JSON.parse(readFileSync(file, 'utf8'))));
  return createRouteTable(routes);
}

/** An exact route goes before a prefix, a longer prefix before a shorter. */
export function createRouteTable(routes: readonly { route: string; service: string }[]): RouteTable {
  const ordered: Route[] = routes
    .map(({ route, service }) => ({ prefix: route.replace(/^=/, ''), exact: route.startsWith('='), service }))
    .sort((a, b) => Number(b.exact) - Number(a.exact) || b.prefix.length - a.prefix.length);
  return (path) => ordered.find((route) => leads(route, path))?.service;
}

const leads = ({ prefix, exact }: Route, path: string): boolean =>
  path === prefix || (!exact && path.startsWith(prefix.endsWith('/') ? prefix : `${prefix}/`));

function routesOf(manifest: unknown): { route: string; service: string }[] {
  if (typeof manifest !== 'object' || manifest === null) return [];
  if (!('name' in manifest) || !('routes' in manifest) || !Array.isArray(manifest.routes)) return [];
  const service = String(manifest.name);
  return manifest.routes.map((route: unknown) => ({ route: String(route), service }));
}

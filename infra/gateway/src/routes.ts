import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The service that a path leads to, or undefined. */
export type RouteTable = (path: string) => string | undefined;

export interface Route {
  readonly prefix: string;
  readonly exact: boolean;
  readonly service: string;
}

/** Reads `routes` of every service.json: "/x" is that path and all below it, "=/x" exactly that path. */
export const readRoutes = (servicesDir: string): RouteTable => tableOf(routesIn(servicesDir));

/** Every route, in the order in which they are to be tried. */
export const routesIn = (servicesDir: string): Route[] =>
  inOrder(
    readdirSync(servicesDir)
      .map((name) => join(servicesDir, name, 'service.json'))
      .filter((file) => existsSync(file))
      .flatMap((file) => routesOf(JSON.parse(readFileSync(file, 'utf8')))),
  );

export const createRouteTable = (routes: readonly { route: string; service: string }[]): RouteTable =>
  tableOf(inOrder(routes));

const tableOf =
  (routes: readonly Route[]): RouteTable =>
  (path) =>
    routes.find((route) => leads(route, path))?.service;

/** An exact route goes before a prefix, a longer prefix before a shorter. */
const inOrder = (routes: readonly { route: string; service: string }[]): Route[] =>
  routes
    .map(({ route, service }) => ({ prefix: route.replace(/^=/, ''), exact: route.startsWith('='), service }))
    .sort(
      (a, b) =>
        Number(b.exact) - Number(a.exact) ||
        b.prefix.length - a.prefix.length ||
        a.prefix.localeCompare(b.prefix),
    );

const leads = ({ prefix, exact }: Route, path: string): boolean =>
  path === prefix || (!exact && path.startsWith(prefix.endsWith('/') ? prefix : `${prefix}/`));

function routesOf(manifest: unknown): { route: string; service: string }[] {
  if (typeof manifest !== 'object' || manifest === null) return [];
  if (!('name' in manifest) || !('routes' in manifest) || !Array.isArray(manifest.routes)) return [];
  const service = String(manifest.name);
  return manifest.routes.map((route: unknown) => ({ route: String(route), service }));
}

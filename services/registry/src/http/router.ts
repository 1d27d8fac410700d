import type { Routes } from './exchange.js';

type Methods = Routes[string];

export interface Match {
  readonly methods: Methods;
  /** What follows a prefix route, still encoded. */
  readonly rest: string;
}

/** Finds exact paths first, then the longest prefix. */
export function createRouter(routes: Routes): (path: string) => Match | undefined {
  const exact = new Map<string, Methods>();
  const prefixes: (readonly [string, Methods])[] = [];
  for (const [path, methods] of Object.entries(routes)) {
    if (path.endsWith('/')) prefixes.push([path, methods]);
    else exact.set(path, methods);
  }
  prefixes.sort(([a], [b]) => b.length - a.length);
  return (path) => {
    const methods = exact.get(path);
    if (methods !== undefined) return { methods, rest: '' };
    const found = prefixes.find(([prefix]) => path.startsWith(prefix));
    return found === undefined ? undefined : { methods: found[1], rest: path.slice(found[0].length) };
  };
}

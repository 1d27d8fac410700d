import type { NodeRecord, ServiceRecord } from '../domain/shapes.js';
import { hasTags } from '../domain/tags.js';
import type { Catalog } from '../store/catalog.js';
import { foldName, topics } from '../store/topics.js';
import type { HttpDeps } from './deps.js';
import type { Exchange, Reply, Routes } from './exchange.js';
import { restOf } from './params.js';
import { filterOf, selectionOf } from './selection.js';
import { catalogServiceJson, nodeJson, serviceJson } from './serialise.js';
import { catalogServiceShape, nodeShape, serviceShape } from './shapes.js';

/** `/v1/catalog/…`: what is registered, whatever its health. */
export function catalogRoutes(deps: HttpDeps): Routes {
  return {
    '/v1/catalog/datacenters': { GET: () => ({ json: [deps.config.datacenter] }) },
    '/v1/catalog/nodes': { GET: (exchange) => nodes(deps, exchange) },
    '/v1/catalog/services': { GET: (exchange) => services(deps, exchange) },
    '/v1/catalog/service/': { GET: (exchange) => service(deps, exchange) },
    '/v1/catalog/node/': { GET: (exchange) => node(deps, exchange) },
  };
}

function nodes(deps: HttpDeps, exchange: Exchange): Promise<Reply> {
  const { catalog } = deps.store;
  const selection = selectionOf(exchange, nodeShape, deps);
  return deps.answer(exchange, {
    topics: [topics.nodes],
    index: () => catalog.indexes.of('nodes'),
    reply: () => {
      const rows = catalog.nodes().filter(selection.hasNode).map(nodeJson).filter(selection.hasRow);
      return { json: selection.byNearness(rows, ({ Node }) => Node) };
    },
  });
}

function services(deps: HttpDeps, exchange: Exchange): Promise<Reply> {
  const { catalog } = deps.store;
  const selection = selectionOf(exchange, catalogServiceShape, deps);
  return deps.answer(exchange, {
    topics: [topics.services],
    index: () => catalog.indexes.of('services'),
    reply: () => {
      const wanted = [...catalog.services()].filter((known) => {
        const owner = catalog.node(known.node);
        return (
          owner !== undefined &&
          selection.hasNode(owner) &&
          selection.hasRow(catalogServiceJson(owner, known))
        );
      });
      return { json: tagsByName(wanted) };
    },
  });
}

function service(deps: HttpDeps, exchange: Exchange): Promise<Reply> {
  const { catalog } = deps.store;
  const name = restOf(exchange, 'Missing service name');
  const tags = exchange.query.getAll('tag');
  const selection = selectionOf(exchange, catalogServiceShape, deps);
  const rows = () =>
    catalog
      .servicesNamed(name)
      .filter((found) => hasTags(found, tags))
      .flatMap((found) => {
        const owner = catalog.node(found.node);
        return owner === undefined || !selection.hasNode(owner) ? [] : [catalogServiceJson(owner, found)];
      });
  return deps.answer(exchange, {
    topics: [topics.service(name), topics.nodes],
    index: () => Math.max(catalog.serviceIndex(name), catalog.indexes.of('nodes')),
    reply: () => ({ json: selection.byNearness(rows().filter(selection.hasRow), ({ Node }) => Node) }),
  });
}

/** A node that isn't there is `null`, as Consul's clients expect. The filter is for its services. */
function node(deps: HttpDeps, exchange: Exchange): Promise<Reply> {
  const { catalog } = deps.store;
  const name = restOf(exchange, 'Missing node name');
  const hasRow = filterOf(exchange, serviceShape);
  return deps.answer(exchange, {
    topics: [topics.nodes, topics.services],
    index: () => Math.max(catalog.indexes.of('nodes'), catalog.indexes.of('services')),
    reply: () => {
      const found = findNode(catalog, name);
      if (found === undefined) return { json: null };
      const own = [...catalog.services()].filter(({ node: key }) => key === found.key).map(serviceJson);
      const byId = own.filter(hasRow).map((row) => [row.ID, row] as const);
      return { json: { Node: nodeJson(found), Services: Object.fromEntries(byId) } };
    },
  });
}

/** By its name, or by its id. */
function findNode(catalog: Catalog, name: string): NodeRecord | undefined {
  return catalog.nodes().find((known) => foldName(known.name) === foldName(name) || known.id === name);
}

function tagsByName(services: Iterable<ServiceRecord>): Record<string, string[]> {
  const byName = new Map<string, Set<string>>();
  for (const { name, tags } of services) {
    const seen = byName.get(name) ?? new Set();
    for (const tag of tags) seen.add(tag);
    byName.set(name, seen);
  }
  return Object.fromEntries([...byName].map(([name, tags]) => [name, [...tags]]));
}

import type { NodeRecord, ServiceRecord } from '../domain/shapes.js';
import { topics } from '../store/topics.js';
import type { HttpDeps } from './deps.js';
import type { Exchange, Reply, Routes } from './exchange.js';
import { restOf } from './params.js';
import { catalogServiceJson, nodeJson, serviceJson } from './serialise.js';
import { hasTags } from '../domain/tags.js';

/** `/v1/catalog/…`: what is registered, whatever its health. */
export function catalogRoutes(deps: HttpDeps): Routes {
  const { store, answer, config } = deps;
  const { catalog } = store;
  const { indexes } = catalog;
  return {
    '/v1/catalog/datacenters': { GET: () => ({ json: [config.datacenter] }) },
    '/v1/catalog/nodes': {
      GET: (exchange) =>
        answer(exchange, {
          topics: [topics.nodes],
          index: () => indexes.of('nodes'),
          reply: () => ({ json: catalog.nodes().map(nodeJson) }),
        }),
    },
    '/v1/catalog/services': {
      GET: (exchange) =>
        answer(exchange, {
          topics: [topics.services],
          index: () => indexes.of('services'),
          reply: () => ({ json: tagsByName(catalog.services()) }),
        }),
    },
    '/v1/catalog/service/': { GET: (exchange) => service(deps, exchange) },
    '/v1/catalog/node/': { GET: (exchange) => node(deps, exchange) },
  };
}

function service({ store: { catalog }, answer }: HttpDeps, exchange: Exchange): Promise<Reply> {
  const name = restOf(exchange, 'Missing service name');
  const tags = exchange.query.getAll('tag');
  const rows = () =>
    catalog
      .servicesNamed(name)
      .filter((found) => hasTags(found, tags))
      .flatMap((found) => {
        const owner = catalog.node(found.node);
        return owner === undefined ? [] : [catalogServiceJson(owner, found)];
      });
  return answer(exchange, {
    topics: [topics.service(name), topics.nodes],
    index: () => Math.max(catalog.serviceIndex(name), catalog.indexes.of('nodes')),
    reply: () => ({ json: rows() }),
  });
}

/** A node that isn't there is `null`, as Consul's clients expect. */
function node({ store: { catalog }, answer }: HttpDeps, exchange: Exchange): Promise<Reply> {
  const name = restOf(exchange, 'Missing node name');
  const find = () => catalog.nodes().find((known) => known.name === name || known.id === name);
  const show = (found: NodeRecord) => {
    const services = [...catalog.services()].filter(({ node: key }) => key === found.key);
    const byId = services.map((own) => [own.id, serviceJson(own)] as const);
    return { Node: nodeJson(found), Services: Object.fromEntries(byId) };
  };
  return answer(exchange, {
    topics: [topics.nodes, topics.services],
    index: () => Math.max(catalog.indexes.of('nodes'), catalog.indexes.of('services')),
    reply: () => {
      const found = find();
      return { json: found === undefined ? null : show(found) };
    },
  });
}

function tagsByName(services: Iterable<ServiceRecord>): Record<string, string[]> {
  const byName = new Map<string, Set<string>>();
  for (const { name, tags } of services) {
    byName.set(name, new Set([...(byName.get(name) ?? []), ...tags]));
  }
  return Object.fromEntries([...byName].map(([name, tags]) => [name, [...tags]]));
}

import type { CheckRecord, ServiceRecord } from '../domain/shapes.js';
import type { Catalog } from '../store/catalog.js';
import { healthIndex, healthTopics } from '../store/store.js';
import { topics } from '../store/topics.js';
import type { HttpDeps } from './deps.js';
import type { Exchange, Reply, Routes } from './exchange.js';
import { flagOf, restOf } from './params.js';
import { checkJson, nodeJson, serviceJson } from './serialise.js';
import { hasTags } from '../domain/tags.js';

/** `/v1/health/…`: instances with their checks, and checks alone. */
export function healthRoutes(deps: HttpDeps): Routes {
  return {
    '/v1/health/service/': { GET: (exchange) => service(deps, exchange) },
    '/v1/health/checks/': { GET: (exchange) => checksOfService(deps, exchange) },
    '/v1/health/state/': { GET: (exchange) => checksInState(deps, exchange) },
    '/v1/health/node/': { GET: (exchange) => checksOfNode(deps, exchange) },
  };
}

function service({ store: { catalog }, answer }: HttpDeps, exchange: Exchange): Promise<Reply> {
  const name = restOf(exchange, 'Missing service name');
  const tags = exchange.query.getAll('tag');
  const passing = flagOf(exchange.query, 'passing');
  return answer(exchange, {
    topics: healthTopics(name),
    index: () => healthIndex(catalog, name),
    reply: () => {
      const found = catalog.servicesNamed(name).filter((instance) => hasTags(instance, tags));
      return { json: found.flatMap((instance) => instanceJson(catalog, instance, passing)) };
    },
  });
}

/** @returns one entry, or none when only passing ones are wanted and this isn't */
function instanceJson(catalog: Catalog, instance: ServiceRecord, passing: boolean) {
  const node = catalog.node(instance.node);
  const checks = [...catalog.checksOf(instance.node, ''), ...catalog.checksOf(instance.node, instance.id)];
  if (node === undefined || (passing && checks.some(({ status }) => status !== 'passing'))) return [];
  const Checks = checks.map((check) => checkJson(catalog, check));
  return [{ Node: nodeJson(node), Service: serviceJson(instance), Checks }];
}

function checksOfService({ store: { catalog }, answer }: HttpDeps, exchange: Exchange): Promise<Reply> {
  const name = restOf(exchange, 'Missing service name');
  return answer(exchange, {
    topics: [topics.service(name)],
    index: () => catalog.serviceIndex(name),
    reply: () => {
      const checks = catalog.servicesNamed(name).flatMap(({ node, id }) => catalog.checksOf(node, id));
      return { json: checks.map((check) => checkJson(catalog, check)) };
    },
  });
}

function checksInState(deps: HttpDeps, exchange: Exchange): Promise<Reply> {
  const state = restOf(exchange, 'Missing check state');
  return answerChecks(deps, exchange, ({ status }) => state === 'any' || status === state);
}

function checksOfNode(deps: HttpDeps, exchange: Exchange): Promise<Reply> {
  const name = restOf(exchange, 'Missing node name');
  const { catalog } = deps.store;
  return answerChecks(deps, exchange, ({ node }) => catalog.node(node)?.name === name);
}

function answerChecks(
  { store: { catalog }, answer }: HttpDeps,
  exchange: Exchange,
  isWanted: (check: CheckRecord) => boolean,
): Promise<Reply> {
  return answer(exchange, {
    topics: [topics.checks],
    index: () => catalog.indexes.of('checks'),
    reply: () => {
      const wanted = [...catalog.checks()].filter(isWanted);
      return { json: wanted.map((check) => checkJson(catalog, check)) };
    },
  });
}

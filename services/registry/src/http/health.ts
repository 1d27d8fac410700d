import type { CheckRecord } from '../domain/shapes.js';
import { hasTags } from '../domain/tags.js';
import type { Catalog } from '../store/catalog.js';
import { type Instance, instancesOf, isPassing } from '../store/passing.js';
import { healthIndex, healthTopics } from '../store/store.js';
import { foldName, topics } from '../store/topics.js';
import type { HttpDeps } from './deps.js';
import type { Exchange, Reply, Routes } from './exchange.js';
import { flagOf, restOf } from './params.js';
import { ReplyCache } from './reply-cache.js';
import { type Selection, selectionOf } from './selection.js';
import { checkJson, nodeJson, serviceJson } from './serialise.js';
import { checkShape, healthShape } from './shapes.js';

/** `/v1/health/…`: instances with their checks, and checks alone. */
export function healthRoutes(deps: HttpDeps): Routes {
  const cache = new ReplyCache();
  return {
    '/v1/health/service/': { GET: (exchange) => service(deps, cache, exchange) },
    '/v1/health/checks/': { GET: (exchange) => checksOfService(deps, exchange) },
    '/v1/health/state/': { GET: (exchange) => checksInState(deps, exchange) },
    '/v1/health/node/': { GET: (exchange) => checksOfNode(deps, exchange) },
  };
}

function service(deps: HttpDeps, cache: ReplyCache, exchange: Exchange): Promise<Reply> {
  const { catalog } = deps.store;
  const name = restOf(exchange, 'Missing service name');
  const tags = exchange.query.getAll('tag');
  const passing = flagOf(exchange.query, 'passing');
  const selection = selectionOf(exchange, healthShape, deps);
  const rows = () => {
    const found = instancesOf(catalog, name).filter(
      (instance) =>
        hasTags(instance.service, tags) &&
        selection.hasNode(instance.node) &&
        (!passing || isPassing(instance)),
    );
    const shown = found.map((instance) => instanceJson(catalog, instance)).filter(selection.hasRow);
    return selection.byNearness(shown, ({ Node }) => Node.Node);
  };
  return deps.answer(exchange, {
    topics: healthTopics(name),
    index: () => healthIndex(catalog, name),
    reply: () =>
      isPlain(exchange)
        ? { body: cache.at(JSON.stringify([foldName(name), passing, tags]), catalog.versionOf(name), rows) }
        : { json: rows() },
  });
}

/** True for a query that many others ask in the same words. */
function isPlain({ query }: Exchange): boolean {
  return !['filter', 'near', 'node-meta', 'pretty'].some((key) => query.has(key));
}

function instanceJson(catalog: Catalog, instance: Instance) {
  return {
    Node: nodeJson(instance.node),
    Service: serviceJson(instance.service),
    Checks: instance.checks.map((check) => checkJson(catalog, check)),
  };
}

function checksOfService(deps: HttpDeps, exchange: Exchange): Promise<Reply> {
  const { catalog } = deps.store;
  const name = restOf(exchange, 'Missing service name');
  const selection = selectionOf(exchange, checkShape, deps);
  return deps.answer(exchange, {
    topics: [topics.service(name)],
    index: () => catalog.serviceIndex(name),
    reply: () => {
      const checks = catalog.servicesNamed(name).flatMap(({ node, id }) => catalog.checksOf(node, id));
      return { json: checksJson(catalog, checks, selection) };
    },
  });
}

function checksInState(deps: HttpDeps, exchange: Exchange): Promise<Reply> {
  const state = restOf(exchange, 'Missing check state');
  return answerChecks(deps, exchange, ({ status }) => state === 'any' || status === state);
}

function checksOfNode(deps: HttpDeps, exchange: Exchange): Promise<Reply> {
  const name = foldName(restOf(exchange, 'Missing node name'));
  const { catalog } = deps.store;
  return answerChecks(deps, exchange, ({ node }) => foldName(catalog.node(node)?.name ?? '') === name);
}

function answerChecks(
  deps: HttpDeps,
  exchange: Exchange,
  isWanted: (check: CheckRecord) => boolean,
): Promise<Reply> {
  const { catalog } = deps.store;
  const selection = selectionOf(exchange, checkShape, deps);
  return deps.answer(exchange, {
    topics: [topics.checks],
    index: () => catalog.indexes.of('checks'),
    reply: () => ({ json: checksJson(catalog, [...catalog.checks()].filter(isWanted), selection) }),
  });
}

function checksJson(catalog: Catalog, checks: readonly CheckRecord[], selection: Selection) {
  const rows = checks
    .filter(({ node }) => {
      const owner = catalog.node(node);
      return owner !== undefined && selection.hasNode(owner);
    })
    .map((check) => checkJson(catalog, check))
    .filter(selection.hasRow);
  return selection.byNearness(rows, ({ Node }) => Node);
}

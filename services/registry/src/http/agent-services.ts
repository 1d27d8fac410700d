import { createHash } from 'node:crypto';
import { assertMayWriteService } from '../domain/access.js';
import { unknownService } from '../domain/errors.js';
import { parseService } from '../domain/parse-service.js';
import { LOCAL_NODE, type ServiceRecord } from '../domain/shapes.js';
import type { Catalog } from '../store/catalog.js';
import { deregisterService, OWN_SERVICE, registerService, setMaintenance } from '../store/service-changes.js';
import { topics } from '../store/topics.js';
import { untilDue } from './blocking.js';
import type { HttpDeps } from './deps.js';
import { DONE, type Exchange, type Reply, type Routes } from './exchange.js';
import { flagOf, jsonOf, maintenanceOf, restOf, waitMsOf } from './params.js';
import { assertMayRegister } from './permissions.js';
import { filterOf } from './selection.js';
import { serviceJson } from './serialise.js';
import { serviceShape } from './shapes.js';

/** `/v1/agent/service…`: what services tell about themselves. */
export function agentServiceRoutes(deps: HttpDeps): Routes {
  return {
    '/v1/agent/services': { GET: (exchange) => listServices(deps, exchange) },
    '/v1/agent/service/register': { PUT: (exchange) => register(deps, exchange) },
    '/v1/agent/service/deregister/': { PUT: (exchange) => deregister(deps, exchange) },
    '/v1/agent/service/maintenance/': { PUT: (exchange) => maintain(deps, exchange) },
    '/v1/agent/service/': { GET: (exchange) => showService(deps, exchange) },
  };
}

async function register({ store, checks }: HttpDeps, exchange: Exchange): Promise<Reply> {
  const replaceChecks = flagOf(exchange.query, 'replace-existing-checks');
  const request = parseService(await jsonOf(exchange));
  assertMayRegister(store.catalog, exchange.principal, request);
  const kept = store.commit(registerService(store.catalog, request, { replaceChecks }));
  checks.restartClocks(request.checks.map(({ definition }) => definition.id));
  await kept;
  return DONE;
}

async function deregister({ store }: HttpDeps, exchange: Exchange): Promise<Reply> {
  const id = restOf(exchange, 'Missing service ID');
  const changes = deregisterService(store.catalog, id);
  assertMayWrite(store.catalog, id, exchange);
  await store.commit(changes);
  return DONE;
}

async function maintain({ store }: HttpDeps, exchange: Exchange): Promise<Reply> {
  const id = restOf(exchange, 'Missing service ID');
  const changes = setMaintenance(store.catalog, id, maintenanceOf(exchange.query));
  assertMayWrite(store.catalog, id, exchange);
  await store.commit(changes);
  return DONE;
}

/** Asked once the service is known to be there: that it isn't is the better answer. */
function assertMayWrite(catalog: Catalog, id: string, { principal }: Exchange): void {
  const service = catalog.service(LOCAL_NODE, id);
  if (service !== undefined) assertMayWriteService(principal, service.name);
}

function listServices({ store, config }: HttpDeps, exchange: Exchange): Reply {
  const hasRow = filterOf(exchange, serviceShape);
  const own = [...store.catalog.services()]
    .filter(({ node, id }) => node === LOCAL_NODE && id !== OWN_SERVICE)
    .map((service) => agentJson(config.datacenter, service))
    .filter(hasRow);
  return { json: Object.fromEntries(own.map((row) => [row.ID, row])) };
}

/** With `?hash=` it waits until the service differs from what the hash was made of. */
async function showService(deps: HttpDeps, exchange: Exchange): Promise<Reply> {
  const id = restOf(exchange, 'Missing service ID');
  const service = find(deps, id);
  const seen = exchange.query.get('hash');
  if (seen !== null && contentHash(service) === seen) {
    const isDue = () => {
      const current = deps.store.catalog.service(LOCAL_NODE, id);
      return deps.isStopping() || current === undefined || contentHash(current) !== seen;
    };
    const awaited = { watchers: deps.store.watchers, topics: [topics.service(service.name)], isDue };
    await untilDue(awaited, waitMsOf(exchange.query), exchange);
  }
  const now = find(deps, id);
  const hash = contentHash(now);
  return {
    json: { ...agentJson(deps.config.datacenter, now), ContentHash: hash },
    headers: { 'X-Consul-ContentHash': hash },
  };
}

function find({ store }: HttpDeps, id: string): ServiceRecord {
  const service = store.catalog.service(LOCAL_NODE, id);
  if (service === undefined) throw unknownService(id);
  return service;
}

function agentJson(datacenter: string, service: ServiceRecord) {
  return { ...serviceJson(service), Datacenter: datacenter };
}

function contentHash(service: ServiceRecord): string {
  const { CreateIndex: _created, ModifyIndex: _modified, ...content } = serviceJson(service);
  return createHash('sha256').update(JSON.stringify(content)).digest('hex').slice(0, 16);
}

import { RegistryError } from '../domain/errors.js';
import { readFields } from '../domain/fields.js';
import { parseCheck, parseStatus } from '../domain/parse-check.js';
import { LOCAL_NODE, type Status } from '../domain/shapes.js';
import { deregisterCheck, registerCheck } from '../store/service-changes.js';
import type { HttpDeps } from './deps.js';
import { DONE, type Exchange, type Reply, type Routes } from './exchange.js';
import { jsonOf, restOf } from './params.js';
import { assertMayOwnCheck, assertMayReplaceCheck } from './permissions.js';
import { filterOf } from './selection.js';
import { checkJson } from './serialise.js';
import { checkShape } from './shapes.js';

const MISSING_ID = 'Missing check ID';

/** `/v1/agent/check…`: checks of their own, and the beats of TTL checks. */
export function agentCheckRoutes(deps: HttpDeps): Routes {
  return {
    '/v1/agent/checks': { GET: (exchange) => listChecks(deps, exchange) },
    '/v1/agent/check/register': { PUT: (exchange) => register(deps, exchange) },
    '/v1/agent/check/deregister/': { PUT: (exchange) => deregister(deps, exchange) },
    '/v1/agent/check/pass/': { PUT: (exchange) => beat(deps, exchange, 'passing') },
    '/v1/agent/check/warn/': { PUT: (exchange) => beat(deps, exchange, 'warning') },
    '/v1/agent/check/fail/': { PUT: (exchange) => beat(deps, exchange, 'critical') },
    '/v1/agent/check/update/': { PUT: (exchange) => update(deps, exchange) },
  };
}

async function register({ store, checks }: HttpDeps, exchange: Exchange): Promise<Reply> {
  const fields = readFields(await jsonOf(exchange));
  const name = fields.text('Name');
  if (name === '') throw new RegistryError('invalid', 'Missing check name');
  const serviceId = fields.text('ServiceID');
  if (serviceId !== '' && store.catalog.service(LOCAL_NODE, serviceId) === undefined) {
    throw new RegistryError('invalid', `ServiceID ${JSON.stringify(serviceId)} does not exist`);
  }
  const request = parseCheck(fields, { id: name, name, serviceId });
  assertMayOwnCheck(store.catalog, exchange.principal, request.definition);
  assertMayReplaceCheck(store.catalog, exchange.principal, request.definition.id);
  const kept = store.commit(registerCheck(store.catalog, request));
  checks.restartClocks([request.definition.id]);
  await kept;
  return DONE;
}

async function deregister({ store }: HttpDeps, exchange: Exchange): Promise<Reply> {
  const id = restOf(exchange, MISSING_ID);
  const changes = deregisterCheck(store.catalog, id);
  assertMayReplaceCheck(store.catalog, exchange.principal, id);
  await store.commit(changes);
  return DONE;
}

async function beat({ store, checks }: HttpDeps, exchange: Exchange, status: Status): Promise<Reply> {
  const output = exchange.query.get('note') ?? '';
  const id = restOf(exchange, MISSING_ID);
  assertMayReplaceCheck(store.catalog, exchange.principal, id);
  await checks.heartbeat(id, { status, output });
  return DONE;
}

async function update({ store, checks }: HttpDeps, exchange: Exchange): Promise<Reply> {
  const id = restOf(exchange, MISSING_ID);
  assertMayReplaceCheck(store.catalog, exchange.principal, id);
  const fields = readFields(await jsonOf(exchange));
  await checks.heartbeat(id, { status: parseStatus(fields.text('Status')), output: fields.text('Output') });
  return DONE;
}

function listChecks({ store: { catalog } }: HttpDeps, exchange: Exchange): Reply {
  const hasRow = filterOf(exchange, checkShape);
  const own = [...catalog.checks()]
    .filter(({ node, type }) => node === LOCAL_NODE && type !== 'serf')
    .map((check) => checkJson(catalog, check))
    .filter(hasRow);
  return { json: Object.fromEntries(own.map((row) => [row.CheckID, row])) };
}

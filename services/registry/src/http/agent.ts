import { type AggregateStatus, aggregateStatus } from '../domain/aggregate-status.js';
import { RegistryError } from '../domain/errors.js';
import { LOCAL_NODE, type ServiceRecord } from '../domain/shapes.js';
import { setNodeMaintenance } from '../store/node-changes.js';
import type { HttpDeps } from './deps.js';
import { DONE, type Exchange, type Reply, type Routes } from './exchange.js';
import { maintenanceOf, restOf } from './params.js';
import { checkJson, serviceJson } from './serialise.js';

const HEALTH_CODES: Readonly<Record<AggregateStatus, number>> = {
  passing: 200,
  warning: 429,
  critical: 503,
  maintenance: 503,
};
const ALIVE = 1;

/** `/v1/agent/…`: the registry about itself, and the health of its services as a status code. */
export function agentRoutes(deps: HttpDeps): Routes {
  return {
    '/v1/agent/self': { GET: () => ({ json: { ...self(deps), Member: member(deps) } }) },
    '/v1/agent/members': { GET: () => ({ json: [member(deps)] }) },
    '/v1/agent/health/service/id/': { GET: (exchange) => healthById(deps, exchange) },
    '/v1/agent/health/service/name/': { GET: (exchange) => healthByName(deps, exchange) },
    '/v1/agent/maintenance': { PUT: (exchange) => maintain(deps, exchange) },
    '/v1/agent/leave': {
      PUT: () => {
        deps.leave();
        return DONE;
      },
    },
  };
}

async function maintain({ store }: HttpDeps, { query }: Exchange): Promise<Reply> {
  await store.commit(setNodeMaintenance(store.catalog, maintenanceOf(query)));
  return DONE;
}

function self({ config }: HttpDeps) {
  return {
    Config: {
      Datacenter: config.datacenter,
      PrimaryDatacenter: config.datacenter,
      NodeName: config.nodeName,
      NodeID: config.nodeId,
      Server: true,
      Revision: '',
      Version: config.consulVersion,
    },
    DebugConfig: {},
    Stats: {},
    Meta: config.nodeMeta,
  };
}

function member({ config }: HttpDeps) {
  return {
    Name: config.nodeName,
    Addr: config.nodeAddress,
    Port: config.serverPort,
    Tags: {
      role: 'consul',
      dc: config.datacenter,
      id: config.nodeId,
      port: String(config.serverPort),
      build: config.consulVersion,
    },
    Status: ALIVE,
    ProtocolMin: 1,
    ProtocolMax: 5,
    ProtocolCur: 2,
    DelegateMin: 2,
    DelegateMax: 5,
    DelegateCur: 4,
  };
}

function healthById(deps: HttpDeps, exchange: Exchange): Reply {
  const id = restOf(exchange, 'Missing service ID');
  const service = deps.store.catalog.service(LOCAL_NODE, id);
  if (service === undefined) throw new RegistryError('unknown', `ServiceId ${id} not found`);
  const health = healthOf(deps, service);
  return asReply(health.AggregatedStatus, health, exchange);
}

function healthByName(deps: HttpDeps, exchange: Exchange): Reply {
  const name = restOf(exchange, 'Missing service Name');
  const services = deps.store.catalog.servicesNamed(name).filter(({ node }) => node === LOCAL_NODE);
  if (services.length === 0) throw new RegistryError('unknown', `ServiceName ${name} Not Found`);
  const all = services.map((service) => healthOf(deps, service));
  const order: readonly AggregateStatus[] = ['maintenance', 'critical', 'warning', 'passing'];
  const worst = order.find((status) => all.some((health) => health.AggregatedStatus === status));
  return asReply(worst ?? 'passing', all, exchange);
}

function healthOf({ store: { catalog } }: HttpDeps, service: ServiceRecord) {
  const checks = [...catalog.checksOf(service.node, service.id), ...catalog.checksOf(service.node, '')];
  return {
    AggregatedStatus: aggregateStatus(checks),
    Service: serviceJson(service),
    Checks: checks.filter(({ type }) => type !== 'serf').map((check) => checkJson(catalog, check)),
  };
}

function asReply(status: AggregateStatus, json: unknown, exchange: Exchange): Reply {
  const code = HEALTH_CODES[status];
  return exchange.query.get('format') === 'text' ? { status: code, raw: status } : { status: code, json };
}

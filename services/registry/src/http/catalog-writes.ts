import { readFields } from '../domain/fields.js';
import { parseDeregistration, parseNodeRegistration } from '../domain/parse-node.js';
import { deregisterFromCatalog, registerInCatalog } from '../store/node-changes.js';
import type { HttpDeps } from './deps.js';
import type { Exchange, Reply, Routes } from './exchange.js';
import { jsonOf } from './params.js';

/** `/v1/catalog/{register,deregister}`: what runs elsewhere and is told by an operator; nothing of it is probed. */
export function catalogWriteRoutes(deps: HttpDeps): Routes {
  return {
    '/v1/catalog/register': { PUT: (exchange) => register(deps, exchange) },
    '/v1/catalog/deregister': { PUT: (exchange) => deregister(deps, exchange) },
  };
}

async function register({ store, config }: HttpDeps, exchange: Exchange): Promise<Reply> {
  const request = parseNodeRegistration(readFields(await jsonOf(exchange)), config);
  await store.commit(registerInCatalog(store.catalog, request));
  return { json: true };
}

async function deregister({ store, config }: HttpDeps, exchange: Exchange): Promise<Reply> {
  const request = parseDeregistration(readFields(await jsonOf(exchange)), config);
  await store.commit(deregisterFromCatalog(store.catalog, request));
  return { json: true };
}

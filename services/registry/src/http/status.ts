import type { HttpDeps } from './deps.js';
import type { Routes } from './exchange.js';

/** `/v1/status/…`: a registry of one is its own leader. */
export function statusRoutes({ config }: HttpDeps): Routes {
  const leader = `${config.nodeAddress}:${config.serverPort}`;
  return {
    '/v1/status/leader': { GET: () => ({ json: leader }) },
    '/v1/status/peers': { GET: () => ({ json: [leader] }) },
  };
}

import { agentCheckRoutes } from './agent-checks.js';
import { agentServiceRoutes } from './agent-services.js';
import { agentRoutes } from './agent.js';
import { catalogRoutes } from './catalog.js';
import { inDatacenter } from './datacenter.js';
import type { HttpDeps } from './deps.js';
import type { Routes } from './exchange.js';
import { healthRoutes } from './health.js';
import { kvRoutes } from './kv.js';
import { statusRoutes } from './status.js';

/** Every endpoint of the registry. */
export function allRoutes(deps: HttpDeps): Routes {
  return {
    ...agentRoutes(deps),
    ...agentServiceRoutes(deps),
    ...agentCheckRoutes(deps),
    ...statusRoutes(deps),
    ...inDatacenter(deps, { ...catalogRoutes(deps), ...healthRoutes(deps), ...kvRoutes(deps) }),
  };
}

import { agentCheckRoutes } from './agent-checks.js';
import { agentServiceRoutes } from './agent-services.js';
import { agentRoutes } from './agent.js';
import { catalogRoutes } from './catalog.js';
import { catalogWriteRoutes } from './catalog-writes.js';
import { inDatacenter } from './datacenter.js';
import type { HttpDeps } from './deps.js';
import type { Routes } from './exchange.js';
import { healthRoutes } from './health.js';
import { kvRoutes } from './kv.js';
import { forReaders, operatorWrites } from './permissions.js';
import { statusRoutes } from './status.js';

/** Every endpoint of the registry. */
export function allRoutes(deps: HttpDeps): Routes {
  return {
    ...statusRoutes(deps),
    ...forReaders({
      ...operatorWrites(agentRoutes(deps)),
      ...agentServiceRoutes(deps),
      ...agentCheckRoutes(deps),
      ...inDatacenter(deps, {
        ...catalogRoutes(deps),
        ...operatorWrites(catalogWriteRoutes(deps)),
        ...healthRoutes(deps),
        ...operatorWrites(kvRoutes(deps)),
      }),
    }),
  };
}

import { createDirectory, createRegistryClient } from '@souk/comms/discovery';
import { runProcess } from '@souk/comms/service';
import { createLogger } from '@souk/comms/telemetry';
import { readConfig } from './config.js';
import { createGateway } from './gateway.js';
import { readRoutes } from './routes.js';

const config = readConfig();
const logger = createLogger({ service: 'gateway', instance: 'gateway', level: config.LOG_LEVEL });
const registry = createRegistryClient(config.REGISTRY_URL);
const directory = createDirectory({ registry, logger });
const app = await createGateway({
  serviceOf: readRoutes(config.SERVICES_DIR),
  directory,
  rateLimit: config.SOUK_RATE_LIMIT,
});

await runProcess(
  {
    start: () => app.listen({ host: config.HTTP_HOST, port: config.HTTP_PORT }),
    stop: async () => {
      await app.close();
      await directory.close();
      await registry.close();
    },
  },
  { holdStdin: config.HOLD_STDIN },
);

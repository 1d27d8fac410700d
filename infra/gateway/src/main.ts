import { openCertificates } from '@souk/comms/auth';
import { createDirectory, createRegistryClient } from '@souk/comms/discovery';
import { runProcess } from '@souk/comms/service/run-process';
import { createLogger } from '@souk/comms/telemetry';
import { readConfig } from './config.js';
import { createGateway } from './gateway.js';
import { readRoutes } from './routes.js';

await runProcess(async () => {
  const config = readConfig();
  const logger = createLogger({ service: 'gateway', instance: 'gateway', level: config.LOG_LEVEL });
  const registry = createRegistryClient(config.REGISTRY_URL);
  const directory = createDirectory({ registry, logger });
  const certificates =
    config.TLS_DIR === ''
      ? undefined
      : openCertificates({
          folder: config.TLS_DIR,
          onError: (error) => {
            logger.error({ reason: error.message }, 'the new certificates cannot be used; the old ones stay');
          },
        });
  const gateway = await createGateway({
    certificates,
    serviceOf: readRoutes(config.SERVICES_DIR),
    directory,
    rateLimit: config.SOUK_RATE_LIMIT,
  });
  const app = {
    start: () => gateway.listen({ host: config.HTTP_HOST, port: config.HTTP_PORT }),
    stop: async () => {
      await gateway.close();
      await directory.close();
      await registry.close();
      certificates?.close();
    },
  };
  return { app, holdStdin: config.HOLD_STDIN === '1' };
});

import { openCertificates } from '@souk/comms/auth';
import { createDirectory, createRegistryClient } from '@souk/comms/discovery';
import { createLogger } from '@souk/comms/telemetry';
import { createGateway, readRoutes } from '@souk/gateway';
import { loadDemo } from '@souk/local/setup';
import { readConfig, readSecret, readSetting } from '../config.js';

/**
 * Fills the catalogue through the public API. The gateway outside waits for this, so that it brings a gateway of its
 * own, for as long as it takes.
 */
export async function seedCatalogue(): Promise<void> {
  const demo = await loadDemo();
  if (!demo) {
    process.stdout.write('There is no shop to fill.\n');
    return;
  }
  const registryUrl = readSetting('REGISTRY_URL');
  const logger = createLogger({ service: 'seed', instance: 'seed', level: 'warn' });
  const registry = createRegistryClient(registryUrl);
  const directory = createDirectory({ registry, logger });
  const serviceOf = readRoutes(readConfig().servicesDir);
  const certificates = openCertificates({
    folder: readSetting('TLS_DIR'),
    onError: (error) => {
      logger.warn({ reason: error.message }, 'the new certificates cannot be used; the old ones stay');
    },
  });
  const gateway = await createGateway({ serviceOf, directory, rateLimit: 1, certificates });
  try {
    const url = await gateway.listen({ host: '127.0.0.1', port: 0 });
    const made = await demo.seed({
      url,
      registryUrl,
      registryToken: readSecret('REGISTRY_TOKEN'),
      adminPassword: readSecret('SOUK_ADMIN_PASSWORD'),
    });
    process.stdout.write(`The catalogue is filled: ${String(made)} products were missing.\n`);
  } finally {
    await gateway.close();
    await directory.close();
    await registry.close();
    certificates.close();
  }
}

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createLogger } from '../telemetry/index.js';
import { startToyRegistry, type ToyRegistry } from '../testing/toy-registry.js';
import { until } from '../testing/until.js';
import { createDirectory, createRegistrar, createRegistryClient, type RegistryClient } from './index.js';

const logger = createLogger({ service: 'toy', instance: 'toy', level: 'silent' });
const registration = (id: string, port: number) => ({
  id,
  name: 'toy',
  address: '127.0.0.1',
  port,
  meta: {},
  ttlSeconds: 10,
});

describe('discovery', () => {
  let truth: ToyRegistry;
  let registry: RegistryClient;

  beforeEach(async () => {
    truth = await startToyRegistry();
    registry = createRegistryClient(truth.url);
  });
  afterEach(async () => {
    await registry.close();
    truth.stop();
  });

  it('registers again after the registry forgot, and goes when it stops', async () => {
    const registrar = createRegistrar({
      registry,
      registrations: [registration('toy-1', 1), registration('toy-2', 2)],
      logger,
    });
    await registrar.start();
    expect([...truth.registered.keys()].sort()).toEqual(['toy-1', 'toy-2']);
    truth.forget();
    await until('it is there again', () => truth.registered.size === 2);
    await registrar.stop();
    expect(truth.registered.size).toBe(0);
  });

  it('starts without the registry and registers as soon as it answers', async () => {
    truth.mode = 'failing';
    const registrar = createRegistrar({ registry, registrations: [registration('toy-1', 1)], logger });
    await registrar.start();
    truth.mode = 'well';
    await until('it is there', () => truth.registered.size === 1);
    await registrar.stop();
  });

  it('follows the registry and keeps the last known when it errs or answers empty', async () => {
    await registry.register(registration('toy-1', 1));
    const directory = createDirectory({ registry, logger });
    const picker = await directory.lookup('toy');
    const ids = () =>
      picker.endpoints
        .map(({ id }) => id)
        .sort()
        .join();
    expect(ids()).toBe('toy-1');
    await registry.register(registration('toy-2', 2));
    await until('both are known', () => ids() === 'toy-1,toy-2');
    for (const mode of ['empty', 'failing'] as const) {
      truth.mode = mode;
      await new Promise((resolve) => setTimeout(resolve, 300));
      expect(ids()).toBe('toy-1,toy-2');
    }
    truth.mode = 'well';
    await registry.deregister('toy-1');
    await until('one is gone', () => ids() === 'toy-2');
    // It would wait for its watch's answer, minutes, if it did not give it up.
    await directory.close();
  });
});

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import Consul from 'consul';
import { startRegistry, type TestRegistry } from './testing/start-registry.js';

describe("Consul's client for Node", () => {
  let api: TestRegistry;
  beforeEach(async () => {
    api = await startRegistry();
  });
  afterEach(() => api.registry.stop());

  it('registers, passes, finds and watches', async () => {
    const { hostname, port } = new URL(api.url);
    const consul = new Consul({ host: hostname, port: Number(port) });
    await consul.agent.service.register({ name: 'web', id: 'w1', port: 80, check: { ttl: '10s' } } as never);
    const watch = consul.watch({
      method: consul.health.service,
      options: { service: 'web', passing: true, wait: '20s' } as never,
    });
    try {
      const seen = new Promise<unknown>((resolve, reject) => {
        watch.on('error', reject);
        watch.on('change', (found: unknown[]) => {
          if (found.length > 0) resolve(found);
        });
      });
      await consul.agent.check.pass('service:w1');
      expect(await seen).toMatchObject([{ Service: { ID: 'w1', Port: 80 } }]);
      expect(await consul.health.service({ service: 'web', passing: true })).toHaveLength(1);
    } finally {
      watch.end();
    }
  });
});

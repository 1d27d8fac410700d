import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createServiceKeys } from '../testing/service-keys.js';
import { startToyRegistry, type ToyRegistry } from '../testing/toy-registry.js';
import { toyDescriptors, toyService } from '../testing/toy-rpc.js';
import { gate, until } from '../testing/until.js';
import { createService, readSettings, serviceSettings, type Part, type Service } from './index.js';

describe('a service', () => {
  let folder: string;
  let registry: ToyRegistry;
  let service: Service;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'souk-service-'));
    registry = await startToyRegistry();
    const { bundle, privateKeys } = createServiceKeys(['toy']);
    const bundleFile = join(folder, 'jwks.json');
    await writeFile(bundleFile, JSON.stringify(bundle));
    const settings = readSettings(serviceSettings, {
      INSTANCE: 'toy-1',
      REGISTRY_URL: registry.url,
      SERVICE_KEY: privateKeys.get('toy'),
      SERVICE_JWKS_FILE: bundleFile,
      LOG_LEVEL: 'silent',
    });
    service = await createService({ name: 'toy', title: 'Toy', settings, descriptorSet: toyDescriptors });
  });
  afterEach(async () => {
    await service.stop();
    registry.stop();
    await rm(folder, { recursive: true });
  });

  it('starts and stops its parts in their order around its doors', async () => {
    const seen: string[] = [];
    const part = (name: string, kind: Part['kind']): Part => ({
      name,
      kind,
      start: () => void seen.push(`+${name} ${String(registry.registered.size)}`),
      stop: () => void seen.push(`-${name} ${String(registry.registered.size)}`),
    });
    for (const name of ['first', 'second']) service.add(part(name, 'resource'));
    service.add(part('worker', 'worker'));
    service.add(part('publisher', 'publisher'));
    await service.start();
    await Promise.all([service.stop(), service.stop()]);
    expect(seen).toEqual([
      '+first 0',
      '+second 0',
      '+publisher 0',
      '+worker 2',
      '-worker 0',
      '-publisher 0',
      '-second 0',
      '-first 0',
    ]);
  });

  it('completes requests in flight when it stops, and is ready only while it serves', async () => {
    const [begun, held] = [gate(), gate()];
    const seen: string[] = [];
    service.http.get('/slow', { config: { access: 'public' } }, async () => {
      begun.open();
      await held.opened;
      return { done: true };
    });
    service.grpc.add(
      toyService,
      { ask: (text) => Promise.resolve(text), order: (text) => Promise.resolve(text) },
      { ask: [], order: [] },
    );
    service.add({ name: 'database', kind: 'resource', stop: () => void seen.push('database closed') });
    const { httpPort } = await service.start();
    const url = `http://127.0.0.1:${String(httpPort)}`;
    expect((await fetch(`${url}/health/ready`)).status).toBe(200);
    expect((await fetch(`${url}/health/live`)).status).toBe(200);
    const slow = fetch(`${url}/slow`);
    await begun.opened;
    const stopping = service.stop();
    await until('it has left the registry', () => registry.registered.size === 0);
    const isClosed = () =>
      fetch(`${url}/health/live`).then(
        () => false,
        () => true,
      );
    await until('its door is closed', isClosed);
    expect(seen).toEqual([]);
    held.open();
    expect(await (await slow).json()).toEqual({ done: true });
    const answeredAt = performance.now();
    await stopping;
    // The answered connection would be kept alive for 75 s.
    expect(performance.now() - answeredAt).toBeLessThan(30_000);
    expect(seen).toEqual(['database closed']);
    await expect(fetch(`${url}/health/live`)).rejects.toThrow();
  });

  it('tells what is wrong with its parts', async () => {
    let problem: string | undefined = 'away';
    service.add({ name: 'database', kind: 'resource', check: () => problem });
    const { httpPort } = await service.start();
    const ready = () => fetch(`http://127.0.0.1:${String(httpPort)}/health/ready`);
    expect(await (await ready()).json()).toMatchObject({
      problems: [{ name: 'parts', reason: 'database: away' }],
    });
    problem = undefined;
    expect((await ready()).status).toBe(200);
  });

  it('names the setting that is missing', () => {
    expect(() => readSettings(serviceSettings, {})).toThrow(/INSTANCE/);
  });
});

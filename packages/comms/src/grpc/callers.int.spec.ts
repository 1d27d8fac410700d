import { readdirSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createServiceTokens, createServiceVerifier } from '../auth/index.js';
import { createPicker } from '../discovery/index.js';
import { ServiceError } from '../errors/index.js';
import { createLogger, createMetrics } from '../telemetry/index.js';
import { createServiceKeys } from '../testing/service-keys.js';
import { toyDescriptors } from '../testing/toy-rpc.js';
import { createGrpcClient, createGrpcServer, type Callers, type ServiceDefinition } from './index.js';

/** Every method of every service, and all who may call it. Nothing else is open to anybody. */
const policy: Readonly<Record<string, readonly string[]>> = {
  '/souk.identity.v1.IdentityService/GetUser': ['order', 'payment', 'product', 'system'],
  '/souk.order.v1.OrderService/GetOrder': ['payment', 'product', 'system'],
  '/souk.payment.v1.PaymentService/GetPayment': ['order', 'system'],
  '/souk.payment.v1.PaymentService/ListPayments': ['order', 'system'],
  '/souk.product.v1.ProductService/GetProduct': ['identity', 'order', 'payment', 'system'],
  '/souk.product.v1.ProductService/ListProducts': ['identity', 'order', 'payment', 'system'],
  '/souk.product.v1.ProductService/ReleaseReservation': ['order'],
  '/souk.product.v1.ProductService/ReserveStock': ['order'],
};

const root = new URL('../../../../', import.meta.url);
const manifests = readdirSync(new URL('services/', root)).map(
  (folder) =>
    JSON.parse(readFileSync(new URL(`services/${folder}/service.json`, root), 'utf8')) as {
      readonly name: string;
      readonly grpc: readonly string[];
    },
);
const names = manifests.map(({ name }) => name);
const { bundle, privateKeys } = createServiceKeys([...names, 'stranger']);

interface Served {
  readonly name: string;
  readonly definition: ServiceDefinition;
  readonly callers: Callers<ServiceDefinition>;
}

/** What the service itself gives its gRPC door. */
async function servedBy(name: string, fullName: string): Promise<Served> {
  const door = new URL(`services/${name}/src/grpc/${name}-service.ts`, root).pathname;
  const contract = new URL(`packages/contracts/src/generated/souk/${name}/v1/${name}.ts`, root).pathname;
  const { callers } = (await import(door)) as { callers: Callers<ServiceDefinition> };
  const exported = (await import(contract)) as Record<string, unknown>;
  const definition = Object.values(exported).find(
    (value): value is ServiceDefinition =>
      typeof value === 'object' && value !== null && 'fullName' in value && value.fullName === fullName,
  );
  if (!definition) throw new Error(`The contract of ${name} does not define ${fullName}.`);
  return { name, definition, callers };
}

describe('who may call what', () => {
  const services: Served[] = [];
  const closing: (() => Promise<void> | void)[] = [];

  beforeAll(async () => {
    for (const { name, grpc } of manifests)
      for (const fullName of grpc) services.push(await servedBy(name, fullName));
  });
  afterAll(async () => {
    for (const close of closing.reverse()) await close();
  });

  const serve = async ({ name, definition, callers }: Served) => {
    const server = createGrpcServer({
      logger: createLogger({ service: name, instance: name, level: 'silent' }),
      metrics: createMetrics(),
      verifyService: createServiceVerifier(name, bundle),
      descriptorSet: toyDescriptors,
    });
    // Whoever comes this far was let in.
    const letIn = () => Promise.reject(new ServiceError('unprocessable', 'let in'));
    const implementation = Object.fromEntries(Object.keys(definition.methods).map((key) => [key, letIn]));
    server.add(definition, implementation, callers);
    const port = await server.listen('127.0.0.1', 0);
    closing.push(() => server.close(100));
    const picker = createPicker(name);
    picker.replace([{ id: name, address: '127.0.0.1', port, meta: {} }]);
    return { server, picker };
  };

  it('is said for every method there is, and for services that there are', async () => {
    const said: Record<string, readonly string[]> = {};
    for (const service of services) {
      const { server } = await serve(service);
      for (const [path, allowed] of server.policy) said[path] = [...allowed].sort();
    }
    expect(said).toEqual(policy);
    expect([...new Set(Object.values(said).flat())].filter((name) => !names.includes(name))).toEqual([]);
  });

  it.each([true, false])('holds for each caller of each method (on a lane: %s)', async (lane) => {
    const wrong: string[] = [];
    for (const service of services) {
      const { picker } = await serve(service);
      for (const caller of [...names, 'stranger']) {
        const { methods, close } = createGrpcClient(service.definition, {
          peer: service.name,
          picker: () => Promise.resolve(picker),
          tokens: createServiceTokens(caller, privateKeys.get(caller) ?? ''),
          metrics: createMetrics(),
          lane,
        });
        for (const [key, method] of Object.entries(service.definition.methods)) {
          const path = `/${service.definition.fullName}/${method.name}`;
          const expected = policy[path]?.includes(caller) ? 'unprocessable' : 'permission_denied';
          const request = method.requestType.decode(new Uint8Array()) as unknown;
          const code = await methods[key]?.(request).then(
            () => 'ok',
            (error: unknown) => ServiceError.from(error).code,
          );
          if (code !== expected) wrong.push(`${caller} → ${path}: ${String(code)}`);
        }
        close();
      }
    }
    expect(wrong).toEqual([]);
  });
});

import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, it } from '@jest/globals';
import {
  grpcAddressOf,
  need,
  openSystem,
  rawGrpcCall,
  serviceTls,
  serviceToken,
  type RawGrpcAnswer,
} from '@souk/testkit';
import { GetProductRequest, Product } from '@souk/contracts/product/v1';
import pg from 'pg';
import { stocked } from './support/shop.js';

const system = await openSystem();
const suite = need(system, 'sql') ? describe : describe.skip;

const status = {
  ok: 0,
  invalidArgument: 3,
  deadlineExceeded: 4,
  notFound: 5,
  permissionDenied: 7,
  unauthenticated: 16,
};

interface Asking {
  readonly headers?: Readonly<Record<string, string>>;
  readonly caller?: string;
  readonly method?: string;
}

suite('a service asked over gRPC', () => {
  let address: string;
  let product: string;

  beforeAll(async () => {
    await system.control.ready();
    [address, product] = await Promise.all([grpcAddressOf(system, 'product'), stocked(system, 1)]);
  });

  const ask = (
    message: Buffer,
    { caller = 'order', method = 'GetProduct', ...given }: Asking = {},
  ): Promise<RawGrpcAnswer> =>
    rawGrpcCall({
      address,
      path: `/souk.product.v1.ProductService/${method}`,
      message,
      headers: given.headers ?? { authorization: `Bearer ${serviceToken(system, caller, 'product')}` },
      tls: serviceTls(system, caller, 'product'),
    });
  const question = (id: string): Buffer => Buffer.from(GetProductRequest.encode({ id }).finish());

  it('answers', async () => {
    const answer = await ask(question(product));
    expect(answer.status).toBe(status.ok);
    expect(Product.decode(answer.message ?? Buffer.alloc(0)).id).toBe(product);
    expect((await ask(question(randomUUID()))).status).toBe(status.notFound);
  });

  it('refuses what is no message, or no id', async () => {
    expect((await ask(Buffer.from([0x0a, 0xff, 0xff, 0xff]))).status).toBe(status.invalidArgument);
    expect((await ask(Buffer.from('not protobuf at all'))).status).toBe(status.invalidArgument);
    expect((await ask(question("' OR 1=1"))).status).toBe(status.invalidArgument);
    expect((await ask(Buffer.alloc(0))).status).toBe(status.invalidArgument);
  });

  it('refuses whom it does not know, and those who may not', async () => {
    expect((await ask(question(product), { headers: {} })).status).toBe(status.unauthenticated);
    const nonsense = { authorization: 'Bearer x' };
    expect((await ask(question(product), { headers: nonsense })).status).toBe(status.unauthenticated);
    const forAnother = { authorization: `Bearer ${serviceToken(system, 'order', 'payment')}` };
    expect((await ask(question(product), { headers: forAnother })).status).toBe(status.unauthenticated);
    const asPayment = { caller: 'payment', method: 'ReserveStock' };
    expect((await ask(Buffer.alloc(0), asPayment)).status).toBe(status.permissionDenied);
  });

  it('ends by itself when its caller set no deadline and its database does not answer', async () => {
    const client = new pg.Client({ connectionString: system.inside.databases['product'] });
    await client.connect();
    try {
      await client.query('begin');
      await client.query('lock table product in access exclusive mode');
      const startedAt = performance.now();
      expect((await ask(question(product))).status).toBe(status.deadlineExceeded);
      expect(performance.now() - startedAt).toBeLessThan(7000);
    } finally {
      await client.end();
    }
    expect((await ask(question(product))).status).toBe(status.ok);
  });
});

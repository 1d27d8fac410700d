import { randomBytes, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { call, expectStatus, need, newPerson, openSystem, until } from '@souk/testkit';
import { startCollector, type Collector } from './support/collector.js';
import { orderOf, orderUntil, stocked, type Order } from './support/shop.js';

const system = await openSystem();
const suite = need(system, 'kill', 'failpoint') ? describe : describe.skip;
const traced = ['order-1', 'product-1', 'payment-1'];

suite('the trace of an order', () => {
  let collector: Collector;

  beforeAll(async () => {
    collector = await startCollector();
    const environment = { OTEL_EXPORTER_OTLP_ENDPOINT: collector.endpoint };
    for (const instance of traced) await system.control.restart(instance, environment);
    await system.control.ready();
  });
  afterAll(async () => {
    for (const instance of traced) await system.control.restart(instance);
    await system.control.ready();
    await collector.close();
  });

  it('is one and whole, from the request over gRPC and events to the capture', async () => {
    const { accessToken: token } = await newPerson(system);
    const product = await stocked(system, 10);
    const [traceId, rootId] = [randomBytes(16).toString('hex'), randomBytes(8).toString('hex')];
    const { body: order } = await expectStatus(
      201,
      call<Order>(system.url, 'POST /api/orders', {
        token,
        body: orderOf(product),
        headers: { 'idempotency-key': randomUUID(), traceparent: `00-${traceId}-${rootId}-01` },
      }),
    );
    await orderUntil(system, { id: order.id, token, withinMs: 30_000 }, 'paid');
    const ofOrder = () => collector.spans.filter((span) => span.traceId === traceId);
    const named = () => new Set(ofOrder().map(({ service, name }) => `${service}: ${name}`));
    const milestones = [
      'order: POST /api/orders',
      'product: souk.product.v1.ProductService/ReserveStock',
      'payment: process order.events.v1',
      'payment: payment authorize',
      'order: process payment.events.v1',
      'payment: payment capture',
      'product: process order.events.v1',
    ];
    const orphans = () => {
      const ids = new Set([rootId, ...ofOrder().map(({ spanId }) => spanId)]);
      return ofOrder().filter(({ parentSpanId }) => !ids.has(parentSpanId ?? ''));
    };
    // Each process sends its spans when it will, children before their parents too.
    const isWhole = () => milestones.every((name) => named().has(name)) && orphans().length === 0;
    await until(() => Promise.resolve(isWhole()), {
      withinMs: 20_000,
      what: 'the collector has a span of every step, each below another',
    }).catch((error: unknown) => {
      throw new Error(
        `${String(error)}; it has ${[...named()].join(', ')}; without parent: ${JSON.stringify(orphans())}`,
      );
    });
    expect(ofOrder().filter(({ isError }) => isError)).toEqual([]);
    const sends = collector.spans.filter(
      ({ name, links }) => name.startsWith('send ') && links.includes(traceId),
    );
    expect(new Set(sends.map(({ name }) => name))).toEqual(
      new Set(['send order.events.v1', 'send payment.events.v1', 'send product.events.v1']),
    );
  });
});

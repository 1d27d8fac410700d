import { describe, expect, it } from '@jest/globals';
import { callFrom, callMeasures, createLogger, createMetrics, runInCall } from './index.js';

describe('metrics', () => {
  it('are exposed under their names, with their buckets', async () => {
    const metrics = createMetrics();
    for (const prefix of ['rpc.client', 'http.server'])
      callMeasures(metrics.meter, prefix).durationMs(4, { 'rpc.method': 'Ask' });
    const text = await metrics.expose();
    expect(text).toMatch(/^rpc_client_duration(_\w+)?_bucket\{[^}]*rpc_method="Ask"[^}]*le="5"\} 1/m);
    expect(text).toMatch(/^http_server_duration(_\w+)?_count\{/m);
    const points = await metrics.snapshot();
    expect(points.find(({ name }) => name === 'rpc.client.duration')?.histogram).toMatchObject({
      sum: 4,
      count: 1,
    });
    await metrics.close();
  });
});

describe('log lines', () => {
  const lines: string[] = [];
  const logger = createLogger({
    service: 'toy',
    instance: 'toy-1',
    level: 'info',
    stream: { write: (line) => void lines.push(line) },
  });
  const last = () => JSON.parse(lines.at(-1) ?? '') as Record<string, unknown>;

  it('carry the trace of the call', () => {
    const call = callFrom(undefined);
    runInCall(call, () => {
      logger.info('inside');
    });
    expect(last()).toMatchObject({
      service: 'toy',
      instance: 'toy-1',
      level: 'info',
      traceId: call.trace.traceId,
    });
    logger.info('outside');
    expect(last()).not.toHaveProperty('traceId');
  });

  it('cannot be forged, and keep secrets back', () => {
    const before = lines.length;
    logger.info({ name: 'a\n{"level":"fatal"}', user: { password: 'p', token: 't' } }, 'b\r\nc');
    expect(lines).toHaveLength(before + 1);
    expect(lines.at(-1)?.trimEnd()).not.toMatch(/[\r\n]/);
    expect(last()).toMatchObject({
      name: 'a\n{"level":"fatal"}',
      user: { password: '[redacted]', token: '[redacted]' },
    });
  });
});

import { describe, expect, it } from '@jest/globals';
import { parseService } from './parse-service.js';

describe('parseService', () => {
  it('reads keys in any case and in snake_case, but leaves the keys of Meta alone', () => {
    const spellings = [
      {
        Name: 'web',
        ID: 'w1',
        EnableTagOverride: true,
        Meta: { Some_Key: 'x' },
        Check: { TTL: '10s', DeregisterCriticalServiceAfter: '2m' },
      },
      {
        name: 'web',
        id: 'w1',
        enable_tag_override: true,
        meta: { Some_Key: 'x' },
        check: { ttl: 10e9, deregister_critical_service_after: 120e9 },
      },
      {
        NAME: 'web',
        Id: 'w1',
        enabletagoverride: true,
        META: { Some_Key: 'x' },
        checks: [{ Ttl: '10s', deregistercriticalserviceafter: '120s' }],
      },
    ];
    const [first, ...others] = spellings.map(parseService);
    expect(first?.service).toMatchObject({ id: 'w1', enableTagOverride: true, meta: { Some_Key: 'x' } });
    expect(first?.checks[0]?.definition).toMatchObject({
      probe: { kind: 'ttl', ttlMs: 10_000 },
      deregisterAfterMs: 120_000,
    });
    for (const other of others) expect(other).toEqual(first);
  });

  it('names one check after the service, and several by their position', () => {
    const ids = (checks: object) =>
      parseService({ Name: 'web', ...checks }).checks.map(({ definition }) => definition.id);
    expect(ids({ Check: { TTL: '1s' } })).toEqual(['service:web']);
    expect(ids({ Checks: [{ TTL: '1s' }, { TTL: '1s', CheckID: 'own' }, { TTL: '2s' }] })).toEqual([
      'service:web:1',
      'own',
      'service:web:3',
    ]);
  });

  it('allows no deregistration before a minute', () => {
    const { checks } = parseService({
      Name: 'web',
      Check: { TTL: '1s', DeregisterCriticalServiceAfter: '1s' },
    });
    expect(checks[0]?.definition.deregisterAfterMs).toBe(60_000);
  });

  it.each([
    [{}, 'Missing service name'],
    [[], 'Request decode failed: expected a JSON object'],
    [{ Name: 'web', Port: 'x' }, 'Request decode failed: field Port has an unexpected type'],
    [{ Name: 'web', Check: { TTL: 'soon' } }, 'Request decode failed: field TTL is not a duration'],
    [{ Name: 'web', Check: {} }, 'Invalid check: TTL must be > 0 for TTL checks'],
    [
      { Name: 'web', Check: { HTTP: 'http://x' } },
      'Invalid check: Interval must be > 0 for HTTP, TCP or gRPC checks',
    ],
    [{ Name: 'web', Check: { TTL: '1s', Status: 'fine' } }, 'Bad check status'],
  ])('refuses %j', (body, message) => {
    expect(() => parseService(body)).toThrow(message);
  });
});

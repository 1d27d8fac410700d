import { describe, expect, it } from '@jest/globals';
import { parseService } from '../domain/parse-service.js';
import type { Status } from '../domain/shapes.js';
import { CriticalSince } from './reaper.js';

const MINUTE_MS = 60_000;

function checkIn(status: Status) {
  const { checks } = parseService({
    Name: 'web',
    Check: { TTL: '1s', DeregisterCriticalServiceAfter: '1m' },
  });
  const [check] = checks;
  if (check === undefined) throw new Error('no check');
  return { ...check.definition, status, output: '' };
}

describe('CriticalSince', () => {
  it('names a service only after its whole time in one stretch', () => {
    const critical = new CriticalSince();
    critical.note(checkIn('critical'), 0);
    critical.note(checkIn('passing'), 50_000);
    critical.note(checkIn('critical'), 51_000);
    critical.note(checkIn('critical'), 55_000);
    expect(critical.overdue(51_000 + MINUTE_MS)).toEqual([]);
    expect(critical.overdue(51_001 + MINUTE_MS)).toEqual([{ serviceId: 'web', checkId: 'service:web' }]);
    critical.forget('service:web');
    expect(critical.overdue(10 * MINUTE_MS)).toEqual([]);
  });
});

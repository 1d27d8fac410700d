import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { LOCAL_NODE, type Status } from '../domain/shapes.js';
import { createMemoryStore, type MemoryStore } from '../testing/memory-store.js';
import type { Outcome } from './probe.js';
import { CheckRunner } from './runner.js';

const SECOND_MS = 1_000;

let memory: MemoryStore;
let runner: CheckRunner;
let lapsed: string[];
let outcome: Status;
let running: number;
let most: number;

beforeEach(() => {
  jest.useFakeTimers();
  memory = createMemoryStore();
  [lapsed, outcome, running, most] = [[], 'passing', 0, 0];
  runner = new CheckRunner({
    store: memory.store,
    probe: async (): Promise<Outcome> => {
      running += 1;
      most = Math.max(most, running);
      await new Promise((resolve) => setTimeout(resolve, 100));
      running -= 1;
      return { status: outcome, output: '' };
    },
    log: { info: () => undefined, error: () => undefined },
    reapEveryMs: 30 * SECOND_MS,
    onLapse: (id) => lapsed.push(id),
  });
  runner.start();
});
afterEach(() => {
  runner.stop();
  jest.useRealTimers();
});

const statusOf = (id: string) => memory.store.catalog.check(LOCAL_NODE, id)?.status;
const isThere = (id: string) => memory.store.catalog.service(LOCAL_NODE, id) !== undefined;

describe('a TTL check', () => {
  const check = { TTL: '10s', Status: 'passing', DeregisterCriticalServiceAfter: '1m' };

  it('lapses without a beat, is told as a lapse, and its service goes when it stays critical', async () => {
    memory.register({ Name: 'web', Check: check });
    await jest.advanceTimersByTimeAsync(9 * SECOND_MS);
    await runner.heartbeat('service:web', { status: 'passing', output: '' });
    await jest.advanceTimersByTimeAsync(9 * SECOND_MS);
    expect([statusOf('service:web'), lapsed]).toEqual(['passing', []]);
    await jest.advanceTimersByTimeAsync(SECOND_MS);
    expect([statusOf('service:web'), lapsed]).toEqual(['critical', ['web']]);
    await jest.advanceTimersByTimeAsync(59 * SECOND_MS);
    expect(isThere('web')).toBe(true);
    await jest.advanceTimersByTimeAsync(32 * SECOND_MS);
    expect([isThere('web'), statusOf('service:web'), lapsed]).toEqual([false, undefined, ['web']]);
  });

  it('keeps a service that comes back in time', async () => {
    memory.register({ Name: 'web', Check: check });
    await jest.advanceTimersByTimeAsync(60 * SECOND_MS);
    await runner.heartbeat('service:web', { status: 'passing', output: '' });
    for (let beat = 0; beat < 20; beat += 1) {
      await jest.advanceTimersByTimeAsync(9 * SECOND_MS);
      await runner.heartbeat('service:web', { status: 'passing', output: '' });
    }
    expect([isThere('web'), statusOf('service:web')]).toEqual([true, 'passing']);
  });
});

describe('checks that are probed', () => {
  it('ask at most so many at once, all within their first second and again after their interval', async () => {
    for (let at = 0; at < 100; at += 1) {
      memory.register({ Name: 'web', ID: `w${at}`, Check: { TCP: '127.0.0.1:1', Interval: '10s' } });
    }
    await jest.advanceTimersByTimeAsync(2 * SECOND_MS);
    expect(most).toBeLessThanOrEqual(32);
    const passing = Array.from({ length: 100 }, (_, at) => statusOf(`service:w${at}`));
    expect(new Set(passing)).toEqual(new Set(['passing']));
    outcome = 'critical';
    await jest.advanceTimersByTimeAsync(12 * SECOND_MS);
    expect(statusOf('service:w0')).toBe('critical');
  });

  it('change their status only past their thresholds', async () => {
    const thresholds = { SuccessBeforePassing: 2, FailuresBeforeWarning: 1, FailuresBeforeCritical: 3 };
    memory.register({ Name: 'web', Check: { TCP: '127.0.0.1:1', Interval: '1s', ...thresholds } });
    const seen: (Status | undefined)[] = [];
    const note = () => {
      if (seen.at(-1) !== statusOf('service:web')) seen.push(statusOf('service:web'));
    };
    note();
    memory.store.observe(note);
    await jest.advanceTimersByTimeAsync(5 * SECOND_MS);
    outcome = 'critical';
    await jest.advanceTimersByTimeAsync(8 * SECOND_MS);
    expect(seen).toEqual(['critical', 'passing', 'warning', 'critical']);
  });
});

import { describe, expect, it } from '@jest/globals';
import { ServiceError } from '../errors/index.js';
import { gate } from '../testing/until.js';
import { createCallPolicy, type PolicyCall } from './index.js';

const unavailable = () => Promise.reject(new ServiceError('unavailable', 'away'));
const codeOf = (call: Promise<unknown>) =>
  call.then(
    () => 'ok',
    (error: unknown) => ServiceError.from(error).code,
  );
const call = (over: Partial<PolicyCall> = {}): PolicyCall => ({
  idempotent: true,
  untilMs: Date.now() + 60_000,
  ...over,
});

describe('the policy of calls', () => {
  it('repeats a tenth of the calls at most, after a reserve of ten', async () => {
    const policy = createCallPolicy();
    let tries = 0;
    const attempt = () => {
      tries += 1;
      return unavailable();
    };
    for (let batch = 0; batch < 10; batch += 1)
      await Promise.all(Array.from({ length: 100 }, () => codeOf(policy.execute(attempt, call()))));
    expect(tries).toBeGreaterThan(1050);
    expect(tries).toBeLessThanOrEqual(1110);
  });

  it('repeats neither what may not run twice nor what another answer would not change', async () => {
    const policy = createCallPolicy();
    let tries = 0;
    const failing = (code: 'unavailable' | 'conflict' | 'deadline_exceeded' | 'too_many_requests') => () => {
      tries += 1;
      return Promise.reject(new ServiceError(code, 'no'));
    };
    await codeOf(policy.execute(failing('unavailable'), call({ idempotent: false })));
    for (const code of ['conflict', 'deadline_exceeded', 'too_many_requests'] as const)
      await codeOf(policy.execute(failing(code), call()));
    expect(tries).toBe(4);
  });

  it('lets so many calls go at once, as many wait, and refuses the rest', async () => {
    const policy = createCallPolicy({ maxConcurrent: 5 });
    const held = gate();
    let most = 0;
    let running = 0;
    const attempt = async () => {
      running += 1;
      most = Math.max(most, running);
      await held.opened;
      running -= 1;
    };
    const calls = Array.from({ length: 20 }, () => codeOf(policy.execute(attempt, call())));
    await Promise.all(calls.slice(10));
    held.open();
    const codes = await Promise.all(calls);
    expect(codes.filter((code) => code === 'ok')).toHaveLength(10);
    expect(codes.filter((code) => code === 'unavailable')).toHaveLength(10);
    expect(most).toBe(5);
  });

  it('ends a call that waits for a place at its deadline or by its signal, and never begins it', async () => {
    const policy = createCallPolicy({ maxConcurrent: 1 });
    const held = gate();
    const first = codeOf(policy.execute(() => held.opened, call()));
    let begun = 0;
    const attempt = () => Promise.resolve((begun += 1));
    const waiting = policy.execute(attempt, call({ untilMs: Date.now() + 50 }));
    expect(await codeOf(waiting)).toBe('deadline_exceeded');
    held.open();
    expect(await first).toBe('ok');
    const again = gate();
    const second = codeOf(policy.execute(() => again.opened, call()));
    const giveUp = new AbortController();
    const unwanted = codeOf(policy.execute(attempt, call({ signal: giveUp.signal })));
    giveUp.abort();
    expect(await unwanted).toBe('cancelled');
    again.open();
    expect(await second).toBe('ok');
    expect(begun).toBe(0);
    expect(await codeOf(policy.execute(attempt, call()))).toBe('ok');
  });

  it('does not wait past the deadline to repeat', async () => {
    const policy = createCallPolicy({ maxAttempts: 20 });
    const startedAt = Date.now();
    const code = await codeOf(policy.execute(unavailable, call({ untilMs: startedAt + 30 })));
    expect(['unavailable', 'deadline_exceeded']).toContain(code);
    expect(Date.now() - startedAt).toBeLessThan(5000);
  });
});

import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { createPicker, type Endpoint } from './index.js';

const endpoint = (id: string): Endpoint => ({ id, address: '127.0.0.1', port: 1, meta: {} });

/** Lets the breaker, which settles in microtasks, take an outcome in. */
const settle = () => new Promise(setImmediate);

describe('the picker', () => {
  afterEach(() => {
    jest.restoreAllMocks();
  });
  const three = () => {
    const picker = createPicker('toy');
    picker.replace(['a', 'b', 'c'].map(endpoint));
    return picker;
  };
  const failAll = async (picker: ReturnType<typeof three>, id: string) => {
    for (let failed = 0; failed < 5;) {
      const lease = picker.pick();
      const isIt = lease.endpoint.id === id;
      lease.done(isIt ? 'failed' : 'ok');
      if (isIt) failed += 1;
      await settle();
    }
  };
  const picks = async (picker: ReturnType<typeof three>, outcome: 'ok' | 'failed' = 'ok') => {
    const counts: Partial<Record<string, number>> = {};
    for (let n = 0; n < 300; n += 1) {
      const lease = picker.pick();
      counts[lease.endpoint.id] = (counts[lease.endpoint.id] ?? 0) + 1;
      lease.done(lease.endpoint.id === 'a' ? outcome : 'ok');
      await settle();
    }
    return counts;
  };

  it('says that nobody is there', () => {
    expect(() => createPicker('toy').pick()).toThrow(expect.objectContaining({ code: 'unavailable' }));
  });

  it('spreads evenly, and keeps away from the busy one', async () => {
    const picker = three();
    for (const count of Object.values(await picks(picker))) expect(count).toBeGreaterThan(60);
    const held = Array.from({ length: 30 }, () => picker.pick());
    for (const lease of held) if (lease.endpoint.id === 'a') lease.done('ok');
    const counts = await picks(picker);
    expect(counts['a']).toBeGreaterThan(150);
  });

  it('ejects after five failures in a row, tries again after a while, and takes back who is well', async () => {
    const picker = three();
    await failAll(picker, 'a');
    expect((await picks(picker))['a']).toBeUndefined();
    const later = Date.now() + 2001;
    const clock = jest.spyOn(Date, 'now').mockReturnValue(later);
    expect((await picks(picker, 'failed'))['a']).toBe(1);
    clock.mockReturnValue(later + 2001);
    expect((await picks(picker))['a']).toBeGreaterThan(60);
  });

  it('tries an ejected one with one call at a time', async () => {
    const picker = three();
    await failAll(picker, 'a');
    jest.spyOn(Date, 'now').mockReturnValue(Date.now() + 2001);
    const leases = Array.from({ length: 100 }, () => picker.pick());
    expect(leases.filter(({ endpoint: { id } }) => id === 'a')).toHaveLength(1);
  });

  it('picks somebody when all are ejected, and keeps what it knows of those that stay', async () => {
    const picker = createPicker('toy');
    picker.replace([endpoint('a')]);
    await failAll(picker, 'a');
    expect(picker.pick().endpoint.id).toBe('a');
    picker.replace([endpoint('a'), endpoint('b')]);
    expect((await picks(picker))['a']).toBeUndefined();
  });

  it('sends a repeated call elsewhere as long as there is an elsewhere', () => {
    const picker = createPicker('toy');
    picker.replace(['a', 'b', 'c'].map((id) => ({ id, address: '127.0.0.1', port: 1, meta: {} })));
    for (let round = 0; round < 100; round += 1) {
      const tried = new Set(['a', 'c']);
      expect(picker.pick(tried).endpoint.id).toBe('b');
      expect(['a', 'b', 'c']).toContain(picker.pick(new Set(['a', 'b', 'c'])).endpoint.id);
    }
  });
});

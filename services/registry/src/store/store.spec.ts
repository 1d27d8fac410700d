import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { parseService } from '../domain/parse-service.js';
import { LOCAL_NODE } from '../domain/shapes.js';
import type { Change } from './changes.js';
import { deregisterService, registerService, updateCheck } from './service-changes.js';
import { healthIndex, Store } from './store.js';
import { topics } from './topics.js';

const FIRST = 1_000;

function memoryStore() {
  const journal = { append: () => Promise.resolve(), settled: () => Promise.resolve() };
  const store = new Store({ firstIndex: FIRST, journal });
  const register = (name: string, id = name) => {
    const request = parseService({ Name: name, ID: id, Check: { TTL: '10s' } });
    const changes = registerService(store.catalog, request, { replaceChecks: false });
    void store.commit(changes);
    return changes;
  };
  const deregister = (id: string) => void store.commit(deregisterService(store.catalog, id));
  return { store, register, deregister };
}

describe('the store', () => {
  it('moves only the index of the service that changed', () => {
    const { store, register } = memoryStore();
    register('a');
    register('b');
    const before = store.catalog.serviceIndex('a');
    register('b', 'b2');
    expect(store.catalog.serviceIndex('a')).toBe(before);
    expect(store.catalog.serviceIndex('b')).toBeGreaterThan(before);
  });

  it('changes nothing when a registration is repeated', () => {
    const { store, register } = memoryStore();
    register('a');
    const { index } = store;
    expect(register('a')).toEqual([]);
    expect(store.index).toBe(index);
  });

  it('raises the index and wakes watchers when the last instance leaves', () => {
    const { store, register, deregister } = memoryStore();
    register('a');
    const before = store.catalog.serviceIndex('a');
    let woken = 0;
    const unwatch = store.watchers.watch([topics.service('a')], () => (woken += 1));
    deregister('a');
    store.watchers.flush();
    expect(woken).toBe(1);
    expect(store.catalog.serviceIndex('a')).toBeGreaterThan(before);
    unwatch();
    expect(store.watchers.size).toBe(0);
  });

  it('keeps the status over a registration that changes the service', () => {
    const { store, register } = memoryStore();
    register('a');
    const { changes } = updateCheck(store.catalog, 'service:a', { status: 'passing', output: 'ok' });
    void store.commit(changes);
    const request = parseService({ Name: 'a', Tags: ['new'], Check: { TTL: '20s', Status: 'critical' } });
    void store.commit(registerService(store.catalog, request, { replaceChecks: false }));
    expect(store.catalog.check(LOCAL_NODE, 'service:a')).toMatchObject({ status: 'passing', output: 'ok' });
  });

  it('removes checks that a replacing registration does not name', () => {
    const { store, register } = memoryStore();
    register('a');
    const request = parseService({ Name: 'a', Check: { CheckID: 'other', TTL: '1s' } });
    void store.commit(registerService(store.catalog, request, { replaceChecks: true }));
    expect(store.catalog.checksOf(LOCAL_NODE, 'a').map(({ id }) => id)).toEqual(['other']);
  });

  it('keeps new output without waking anyone', () => {
    const { store, register } = memoryStore();
    register('a');
    const before = healthIndex(store.catalog, 'a');
    const { changes, quiet } = updateCheck(store.catalog, 'service:a', { status: 'critical', output: 'why' });
    expect(quiet).toBe(true);
    void store.commitQuietly(changes);
    expect(healthIndex(store.catalog, 'a')).toBe(before);
    expect(store.catalog.check(LOCAL_NODE, 'service:a')?.output).toBe('why');
  });

  it('never lets an index fall, and answers the same from an image and a replay', () => {
    const names = fc.constantFrom('a', 'b', 'c');
    const step = fc.record({ leave: fc.boolean(), name: names, id: fc.constantFrom('1', '2') });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        const { store, register, deregister } = memoryStore();
        const replayed = memoryStore().store;
        store.observe((change: Change) => {
          replayed.replay({ index: store.index, quiet: false, changes: [change] });
        });
        for (const { leave, name, id } of steps) {
          const before = ['a', 'b', 'c'].map((known) => store.catalog.serviceIndex(known));
          if (!leave) register(name, id);
          else if (store.catalog.service(LOCAL_NODE, id) !== undefined) deregister(id);
          const after = ['a', 'b', 'c'].map((known) => store.catalog.serviceIndex(known));
          after.forEach((index, at) => {
            expect(index).toBeGreaterThanOrEqual(before[at] ?? FIRST);
          });
        }
        const restored = memoryStore().store;
        restored.restore(store.image());
        for (const other of [restored, replayed]) {
          expect(other.image().services).toEqual(store.image().services);
          expect(other.image().checks).toEqual(store.image().checks);
        }
      }),
    );
  });
});

import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { readFields } from '../domain/fields.js';
import { parseDeregistration, parseNodeRegistration } from '../domain/parse-node.js';
import { parseService } from '../domain/parse-service.js';
import { LOCAL_NODE, type Status, STATUSES } from '../domain/shapes.js';
import { createMemoryStore } from '../testing/memory-store.js';
import { deregisterFromCatalog, registerInCatalog } from './node-changes.js';
import { instancesOf, isPassing } from './passing.js';
import {
  deregisterCheck,
  deregisterService,
  registerService,
  setMaintenance,
  updateCheck,
} from './service-changes.js';
import { healthIndex, healthTopics, type Store } from './store.js';

const NAMES = ['a', 'b'];
const IDS = ['1', '2', '3'];
const PLACE = { datacenter: 'dc1', nodeName: 'test-node' };

type Step =
  | {
      readonly do: 'register';
      readonly name: string;
      readonly id: string;
      readonly tag: string;
      readonly replace: boolean;
    }
  | { readonly do: 'deregister' | 'drop-check'; readonly id: string }
  | { readonly do: 'check'; readonly id: string; readonly status: Status; readonly output: string }
  | { readonly do: 'maintain'; readonly id: string; readonly enable: boolean }
  | { readonly do: 'elsewhere'; readonly name: string; readonly id: string; readonly status: Status }
  | { readonly do: 'forget-node' };

const id = fc.constantFrom(...IDS);
const name = fc.constantFrom(...NAMES);
const status = fc.constantFrom(...STATUSES);
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    do: fc.constant('register' as const),
    name,
    id,
    tag: fc.constantFrom('x', 'y'),
    replace: fc.boolean(),
  }),
  fc.record({ do: fc.constantFrom('deregister' as const, 'drop-check' as const), id }),
  fc.record({ do: fc.constant('check' as const), id, status, output: fc.constantFrom('', 'why') }),
  fc.record({ do: fc.constant('maintain' as const), id, enable: fc.boolean() }),
  fc.record({ do: fc.constant('elsewhere' as const), name, id, status }),
  fc.record({ do: fc.constant('forget-node' as const) }),
);

/** What the store should hold, as plainly as it can be said. */
interface Known {
  node: string;
  id: string;
  name: string;
  tag: string;
  checks: Map<string, { status: Status; output: string }>;
}

class Model {
  known: Known[] = [];

  find(node: string, wanted: string): Known | undefined {
    return this.known.find((one) => one.node === node && one.id === wanted);
  }

  /** The order is the store's own; names, health and content aren't. */
  health(wanted: string): unknown[] {
    return this.known
      .filter((one) => one.name === wanted)
      .map(({ node, id: key, tag, checks }) => ({
        node,
        id: key,
        tag,
        checks: Object.fromEntries([...checks].sort()),
      }))
      .sort((a, b) => (`${a.node}/${a.id}` < `${b.node}/${b.id}` ? -1 : 1));
  }

  apply(taken: Step): void {
    switch (taken.do) {
      case 'register': {
        const existing = this.find('', taken.id);
        const check = existing?.checks.get(`service:${taken.id}`) ?? { status: 'critical', output: '' };
        const checks = taken.replace ? new Map() : new Map(existing?.checks);
        checks.set(`service:${taken.id}`, check);
        this.put({ node: '', id: taken.id, name: taken.name, tag: taken.tag, checks });
        return;
      }
      case 'deregister':
        this.known = this.known.filter((one) => one.node !== '' || one.id !== taken.id);
        return;
      case 'drop-check':
        this.find('', taken.id)?.checks.delete(`service:${taken.id}`);
        return;
      case 'check': {
        const checks = this.find('', taken.id)?.checks;
        if (checks?.has(`service:${taken.id}`) === true) {
          checks.set(`service:${taken.id}`, { status: taken.status, output: taken.output });
        }
        return;
      }
      case 'maintain': {
        const checks = this.find('', taken.id)?.checks;
        if (taken.enable) checks?.set(`_service_maintenance:${taken.id}`, { status: 'critical', output: '' });
        else checks?.delete(`_service_maintenance:${taken.id}`);
        return;
      }
      case 'elsewhere': {
        const checks = new Map(this.find('box', taken.id)?.checks);
        checks.set(`told:${taken.id}`, { status: taken.status, output: '' });
        this.put({ node: 'box', id: taken.id, name: taken.name, tag: '', checks });
        return;
      }
      case 'forget-node':
        this.known = this.known.filter((one) => one.node !== 'box');
    }
  }

  private put(record: Known): void {
    this.known = this.known.filter((one) => one.node !== record.node || one.id !== record.id);
    this.known.push(record);
  }
}

function applyTo(store: Store, taken: Step): void {
  const { catalog } = store;
  switch (taken.do) {
    case 'register': {
      const request = parseService({
        Name: taken.name,
        ID: taken.id,
        Tags: [taken.tag],
        Check: { TTL: '9s' },
      });
      void store.commit(registerService(catalog, request, { replaceChecks: taken.replace }));
      return;
    }
    case 'deregister':
      if (catalog.service(LOCAL_NODE, taken.id)) void store.commit(deregisterService(catalog, taken.id));
      return;
    case 'drop-check':
      if (catalog.check(LOCAL_NODE, `service:${taken.id}`)) {
        void store.commit(deregisterCheck(catalog, `service:${taken.id}`));
      }
      return;
    case 'check': {
      if (!catalog.check(LOCAL_NODE, `service:${taken.id}`)) return;
      const { status: next, output } = taken;
      const { changes, quiet } = updateCheck(catalog, `service:${taken.id}`, { status: next, output });
      void (quiet ? store.commitQuietly(changes) : store.commit(changes));
      return;
    }
    case 'maintain':
      if (!catalog.service(LOCAL_NODE, taken.id)) return;
      void store.commit(setMaintenance(catalog, taken.id, { enable: taken.enable, reason: '' }));
      return;
    case 'elsewhere': {
      const body = {
        Node: 'box',
        Address: '10.0.0.1',
        Service: { ID: taken.id, Service: taken.name },
        Check: { CheckID: `told:${taken.id}`, ServiceID: taken.id, Status: taken.status },
      };
      void store.commit(registerInCatalog(catalog, parseNodeRegistration(readFields(body), PLACE)));
      return;
    }
    case 'forget-node':
      void store.commit(
        deregisterFromCatalog(catalog, parseDeregistration(readFields({ Node: 'box' }), PLACE)),
      );
  }
}

function healthIn(store: Store, wanted: string): { node: string; id: string; tag: string; checks: object }[] {
  return instancesOf(store.catalog, wanted)
    .map(({ service, checks }) => ({
      node: service.node,
      id: service.id,
      tag: service.tags[0] ?? '',
      checks: Object.fromEntries(
        checks
          .filter(({ serviceId }) => serviceId !== '')
          .map((check) => [check.id, { status: check.status, output: check.output }] as const)
          .sort(),
      ),
    }))
    .sort((a, b) => (`${a.node}/${a.id}` < `${b.node}/${b.id}` ? -1 : 1));
}

const statusesOf = (store: Store, wanted: string) =>
  instancesOf(store.catalog, wanted).map((one) => [
    one.service,
    isPassing(one),
    one.checks.map(({ status: now }) => now),
  ]);

describe('the store beside a naive model', () => {
  it('holds the same after any steps, and tells whoever waits of each change that he can see', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const { store } = createMemoryStore();
        const model = new Model();
        for (const taken of steps) {
          const before = NAMES.map((one) => ({
            index: healthIndex(store.catalog, one),
            version: store.catalog.versionOf(one),
            seen: JSON.stringify(statusesOf(store, one)),
            all: JSON.stringify(healthIn(store, one)),
            woken: 0,
          }));
          const unwatch = before.map((one, at) =>
            store.watchers.watch(healthTopics(NAMES[at] ?? ''), () => {
              one.woken += 1;
            }),
          );
          applyTo(store, taken);
          model.apply(taken);
          store.watchers.flush();
          before.forEach((one, at) => {
            const wanted = NAMES[at] ?? '';
            expect(healthIn(store, wanted)).toEqual(model.health(wanted));
            const index = healthIndex(store.catalog, wanted);
            expect(index).toBeGreaterThanOrEqual(one.index);
            if (JSON.stringify(statusesOf(store, wanted)) !== one.seen) {
              expect([taken, index > one.index, one.woken]).toEqual([taken, true, 1]);
            }
            if (JSON.stringify(healthIn(store, wanted)) !== one.all) {
              expect(store.catalog.versionOf(wanted)).toBeGreaterThan(one.version);
            }
          });
          unwatch.forEach((stop) => {
            stop();
          });
        }
        const restored = createMemoryStore().store;
        restored.restore(JSON.parse(JSON.stringify(store.image())) as ReturnType<Store['image']>);
        for (const one of NAMES) expect(healthIn(restored, one)).toEqual(model.health(one));
        expect(store.watchers.size).toBe(0);
      }),
    );
  }, 60_000);
});

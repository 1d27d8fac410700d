import { ownRecords } from '../own-records.js';
import { readConfig } from '../config.js';
import { parseService } from '../domain/parse-service.js';
import { deregisterService, registerService } from '../store/service-changes.js';
import { Store } from '../store/store.js';

/** A store without a journal, and short ways to change it. */
export interface MemoryStore {
  readonly store: Store;
  /** @param body as `agent/service/register` takes it */
  register(body: object): void;
  deregister(id: string): void;
}

export function createMemoryStore(firstIndex = 1_000): MemoryStore {
  const journal = { append: () => Promise.resolve(), settled: () => Promise.resolve() };
  const store = new Store({ firstIndex, journal });
  store.seed(ownRecords(readConfig({ REGISTRY_NODE_NAME: 'test-node' })));
  return {
    store,
    register: (body) => {
      void store.commit(registerService(store.catalog, parseService(body), { replaceChecks: false }));
    },
    deregister: (id) => void store.commit(deregisterService(store.catalog, id)),
  };
}

export {
  readSettings,
  serviceSettings,
  storeSettings,
  type ServiceSettings,
  type StoreSettings,
} from './config.js';
export { createService, type Part, type Service, type ServiceOptions } from './create-service.js';
export { createDatabase, type Database } from './database.js';
export { runProcess, type Runnable } from './run-process.js';
export { addStore, type Store } from './add-store.js';

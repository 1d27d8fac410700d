export { databaseRoles, prepareDatabases, type DatabasesWanted } from './databases.js';
export { loadDemo, type Demo } from './demo.js';
export { readManifests, type ServiceManifest } from './manifests.js';
export { prepareEvents } from './prepare-events.js';
export { openSecrets, type Secrets, type SecretsWanted } from './secrets.js';

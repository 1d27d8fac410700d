export {
  databaseUrl,
  eventsDatabase,
  provision,
  type DatabaseOwner,
  type RolePasswords,
} from './provision.js';
export { migrate } from './migrate.js';
export { createMigration, type NewMigration } from './create-migration.js';

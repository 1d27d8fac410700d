export { startPostgres, type PostgresOptions, type RunningPostgres } from './server/start-postgres.js';
export { removePostgresData } from './server/cluster.js';
export {
  databaseUrl,
  eventsDatabase,
  provision,
  type DatabaseOwner,
  type RolePasswords,
} from './schema/provision.js';
export { migrate } from './schema/migrate.js';
export { createMigration, type NewMigration } from './schema/create-migration.js';

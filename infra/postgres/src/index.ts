export { startPostgres, type PostgresOptions, type RunningPostgres } from './server/start-postgres.js';
export { removePostgresData } from './server/cluster.js';
export {
  createMigration,
  databaseUrl,
  eventsDatabase,
  migrate,
  provision,
  type DatabaseOwner,
  type NewMigration,
  type RolePasswords,
} from './schema/index.js';

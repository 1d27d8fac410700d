import pg from 'pg';

export interface DatabaseOwner {
  /** The service's name, which is its role's name too. */
  readonly name: string;
  readonly database: string | null;
}

/** Passwords by role: each service's, and `migrator`, `verifier`, `events`. */
export type RolePasswords = Readonly<Record<string, string>>;

export const eventsDatabase = 'souk_events';

const quote = pg.escapeIdentifier;

/**
 * Gives every service a database that only its own role can enter: the role reads and writes rows, `migrator` owns the
 * schema, `verifier` reads. `souk_events` is for the local log and belongs to role `events`. Safe to repeat; a
 * password that changed is applied.
 */
export async function provision(
  superuserUrl: string,
  manifests: readonly DatabaseOwner[],
  passwords: RolePasswords,
): Promise<void> {
  const owners = manifests.flatMap(({ name, database }) => (database === null ? [] : [{ name, database }]));
  await withClient(superuserUrl, async (client) => {
    for (const role of ['migrator', 'verifier', 'events', ...owners.map(({ name }) => name)]) {
      await ensureRole(client, role, passwords[role]);
    }
    for (const { database, name } of owners)
      await ensureDatabase(client, { database, owner: 'migrator', guest: name });
    await ensureDatabase(client, { database: eventsDatabase, owner: 'events', guest: 'verifier' });
    await client.query('REVOKE CONNECT ON DATABASE postgres, template1 FROM PUBLIC');
  });
  await Promise.all([
    ...owners.map(({ database, name }) =>
      withClient(databaseUrl(superuserUrl, { database }), (client) => grantRows(client, 'migrator', name)),
    ),
    withClient(databaseUrl(superuserUrl, { database: eventsDatabase }), (client) =>
      grantRows(client, 'events'),
    ),
  ]);
}

/** The URL of another database, or role, of the same server. */
export function databaseUrl(
  url: string,
  to: { database?: string; role?: string; password?: string },
): string {
  const result = new URL(url);
  if (to.database !== undefined) result.pathname = `/${to.database}`;
  if (to.role !== undefined) result.username = to.role;
  if (to.password !== undefined) result.password = to.password;
  return result.href;
}

async function ensureRole(client: pg.Client, role: string, password: string | undefined): Promise<void> {
  if (password === undefined) throw new Error(`The role ${role} has no password.`);
  const found = await client.query('SELECT 1 FROM pg_roles WHERE rolname = $1', [role]);
  const verb = found.rowCount === 0 ? 'CREATE' : 'ALTER';
  await client.query(`${verb} ROLE ${quote(role)} LOGIN PASSWORD ${pg.escapeLiteral(password)}`);
}

async function ensureDatabase(
  client: pg.Client,
  wanted: { database: string; owner: string; guest: string },
): Promise<void> {
  const database = quote(wanted.database);
  const found = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [wanted.database]);
  if (found.rowCount === 0) await client.query(`CREATE DATABASE ${database} OWNER ${quote(wanted.owner)}`);
  await client.query(`REVOKE ALL ON DATABASE ${database} FROM PUBLIC`);
  await client.query(`GRANT CONNECT ON DATABASE ${database} TO ${quote(wanted.guest)}, verifier`);
}

/** Default privileges reach the tables that the owner makes later, by its migrations. */
async function grantRows(client: pg.Client, owner: string, service?: string): Promise<void> {
  await client.query('REVOKE ALL ON SCHEMA public FROM PUBLIC');
  await client.query(`ALTER SCHEMA public OWNER TO ${quote(owner)}`);
  const made = `ALTER DEFAULT PRIVILEGES FOR ROLE ${quote(owner)} IN SCHEMA public`;
  await client.query('GRANT USAGE ON SCHEMA public TO verifier');
  await client.query(`${made} GRANT SELECT ON TABLES TO verifier`);
  if (service === undefined) return;
  const role = quote(service);
  await client.query(`GRANT USAGE ON SCHEMA public TO ${role}`);
  await client.query(`${made} GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO ${role}`);
  await client.query(`${made} GRANT USAGE, SELECT ON SEQUENCES TO ${role}`);
}

async function withClient(url: string, work: (client: pg.Client) => Promise<void>): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await work(client);
  } finally {
    await client.end();
  }
}

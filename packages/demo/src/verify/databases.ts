import pg from 'pg';

/** Runs a query on one service's database, read only. */
export interface Databases {
  rows<T extends pg.QueryResultRow>(service: string, text: string): Promise<T[]>;
  readonly services: readonly string[];
  close(): Promise<void>;
}

/** @param urls of the role `verifier`, by service */
export function openDatabases(urls: Readonly<Record<string, string>>): Databases {
  const pools = new Map(
    Object.entries(urls).map(([service, connectionString]) => [
      service,
      new pg.Pool({ connectionString, max: 2, application_name: 'verify' }),
    ]),
  );
  return {
    services: [...pools.keys()],
    rows: async <T extends pg.QueryResultRow>(service: string, text: string) => {
      const pool = pools.get(service);
      if (!pool) throw new Error(`No database URL was given for ${service}.`);
      return (await pool.query<T>(text)).rows;
    },
    close: async () => {
      await Promise.all([...pools.values()].map((pool) => pool.end()));
    },
  };
}

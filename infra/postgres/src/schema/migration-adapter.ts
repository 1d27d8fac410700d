import { PrismaPg } from '@prisma/adapter-pg';
import {
  ColumnTypeEnum,
  type SqlMigrationAwareDriverAdapterFactory,
  type SqlQuery,
} from '@prisma/driver-adapter-utils';
import pg from 'pg';

const charOid = 18;
const charArrayOid = 1002;

/**
 * Prisma's adapter for Postgres, fit for migrations. As it comes it splits a script at every `;` (functions and quoted
 * text break) and sends the pieces one by one; here a script goes as one simple query, which Postgres runs as one
 * transaction, as it does for `prisma migrate deploy`. It can't read the catalogue's `"char"` columns either, though it
 * knows arrays of them: they pass through it in that guise.
 */
export function createMigrationAdapter(url: string): {
  factory: SqlMigrationAwareDriverAdapterFactory;
  /** Ends its connections, and with them the advisory lock that keeps migrators apart. */
  close(): Promise<void>;
} {
  const pool = new pg.Pool({ connectionString: url, max: 2 });
  pool.on('error', () => undefined);
  const send: (query: pg.QueryConfig | string) => Promise<pg.QueryResult> = pool.query.bind(pool);
  Object.assign(pool, { query: async (query: pg.QueryConfig) => disguiseChars(await send(query)) });

  const factory = new PrismaPg(pool);
  return {
    factory: {
      provider: factory.provider,
      adapterName: factory.adapterName,
      connect: async () => {
        const adapter = await factory.connect();
        // Protected, but the one way to an error that the engine understands.
        const { onError } = adapter as unknown as { onError(this: unknown, error: unknown): never };
        adapter.executeScript = async (script) => {
          await send(script).catch((error: unknown) => onError.call(adapter, error));
        };
        const queryRaw = adapter.queryRaw.bind(adapter);
        adapter.queryRaw = async (query: SqlQuery) => {
          const result = await queryRaw(query);
          return { ...result, columnTypes: result.columnTypes.map(undisguised) };
        };
        return adapter;
      },
      connectToShadowDb: () => factory.connectToShadowDb(),
    },
    close: () => pool.end(),
  };
}

function disguiseChars(result: pg.QueryResult): pg.QueryResult {
  for (const field of result.fields) {
    if (field.dataTypeID === charOid) field.dataTypeID = charArrayOid;
  }
  return result;
}

const undisguised = <T extends number>(type: T): T | typeof ColumnTypeEnum.Character =>
  type === ColumnTypeEnum.CharacterArray ? ColumnTypeEnum.Character : type;

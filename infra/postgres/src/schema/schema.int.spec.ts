import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { removePostgresData } from '../server/cluster.js';
import { startPostgres, type RunningPostgres } from '../server/start-postgres.js';
import { createMigration } from './create-migration.js';
import { migrate } from './migrate.js';
import { databaseUrl, provision } from './provision.js';

const services = [
  { name: 'order', database: 'souk_order' },
  { name: 'payment', database: 'souk_payment' },
  { name: 'system', database: null },
];
const passwords = { order: 'o', payment: 'p', migrator: 'm', verifier: 'v', events: 'e' };

const firstMigration = `
CREATE TABLE thing (id int PRIMARY KEY, note text NOT NULL DEFAULT 'a;b');
CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.note := 'touched;'; RETURN NEW; END; $$;
CREATE TRIGGER touched BEFORE INSERT ON thing FOR EACH ROW EXECUTE FUNCTION touch();
`;

let folder: string;
let server: RunningPostgres;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'souk-schema-'));
  server = await startPostgres({ dataDir: join(folder, 'pg'), logFile: join(folder, 'pg.log') });
  await provision(server.superuserUrl, services, passwords);
});

afterAll(async () => {
  await server.stop();
  await removePostgresData(join(folder, 'pg'));
  await rm(folder, { recursive: true });
});

const as = (role: keyof typeof passwords, database: string): string =>
  databaseUrl(server.superuserUrl, { role, database, password: passwords[role] });

async function query(url: string, sql: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url });
  try {
    await client.connect();
    return (await client.query<Record<string, unknown>>(sql)).rows;
  } finally {
    await client.end();
  }
}

async function migrationsOf(files: Record<string, string>): Promise<string> {
  const migrationsDir = join(await mkdtemp(join(folder, 'prisma-')), 'migrations');
  for (const [name, sql] of Object.entries(files)) {
    await mkdir(join(migrationsDir, name), { recursive: true });
    await writeFile(join(migrationsDir, name, 'migration.sql'), sql);
  }
  await writeFile(join(migrationsDir, 'migration_lock.toml'), 'provider = "postgresql"\n');
  return migrationsDir;
}

describe('provision', () => {
  it('lets a service into its own database only', async () => {
    await expect(query(as('order', 'souk_order'), 'SELECT 1')).resolves.toHaveLength(1);
    for (const database of ['souk_payment', 'souk_events', 'postgres', 'template1']) {
      await expect(query(as('order', database), 'SELECT 1')).rejects.toMatchObject({ code: '42501' });
    }
  });

  it('keeps a service from changing its schema', async () => {
    await expect(query(as('order', 'souk_order'), 'CREATE TABLE mine ()')).rejects.toMatchObject({
      code: '42501',
    });
  });

  it('can be repeated, and applies a changed password', async () => {
    await provision(server.superuserUrl, services, { ...passwords, payment: 'changed' });
    await expect(query(as('payment', 'souk_payment'), 'SELECT 1')).rejects.toMatchObject({ code: '28P01' });
    await provision(server.superuserUrl, services, passwords);
    await expect(query(as('payment', 'souk_payment'), 'SELECT 1')).resolves.toHaveLength(1);
  });

  it('lets the local log make its tables, which the verifier reads', async () => {
    await query(as('events', 'souk_events'), 'CREATE TABLE log (id int)');
    await expect(query(as('verifier', 'souk_events'), 'SELECT * FROM log')).resolves.toEqual([]);
  });
});

describe('migrate', () => {
  it('applies what is missing, once, and gives the service rows but not the schema', async () => {
    const url = as('migrator', 'souk_order');
    const migrationsDir = await migrationsOf({ '20260101000000_first': firstMigration });
    await expect(migrate({ url, migrationsDir })).resolves.toEqual(['20260101000000_first']);
    await expect(migrate({ url, migrationsDir })).resolves.toEqual([]);

    await query(as('order', 'souk_order'), 'INSERT INTO thing (id) VALUES (1)');
    await expect(query(as('verifier', 'souk_order'), 'SELECT note FROM thing')).resolves.toEqual([
      { note: 'touched;' },
    ]);
    await expect(query(as('verifier', 'souk_order'), 'DELETE FROM thing')).rejects.toMatchObject({
      code: '42501',
    });
    await expect(query(as('order', 'souk_order'), 'DROP TABLE thing')).rejects.toMatchObject({
      code: '42501',
    });
  });

  it('leaves nothing of a migration that fails half-way', async () => {
    const url = as('migrator', 'souk_payment');
    const migrationsDir = await migrationsOf({
      '20260101000000_bad': 'CREATE TABLE half (id int); SELECT 1 / 0;',
    });
    await expect(migrate({ url, migrationsDir })).rejects.toThrow('20260101000000_bad');
    await expect(query(url, 'SELECT 1 FROM half')).rejects.toMatchObject({ code: '42P01' });
  });
});

describe('createMigration', () => {
  const schema = (fields: string): string =>
    `datasource db {\n  provider = "postgresql"\n}\nmodel Thing {\n${fields}\n}\n`;

  it('writes the step from the migrations to the schema, and nothing when they agree', async () => {
    const prismaDir = await mkdtemp(join(folder, 'prisma-'));
    const wanted = {
      prismaDir,
      name: 'Add things',
      superuserUrl: server.superuserUrl,
      now: new Date('2026-01-02'),
    };
    await writeFile(join(prismaDir, 'schema.prisma'), schema('  id Int @id'));
    await expect(createMigration(wanted)).resolves.toBe('20260102000000_add_things');
    await expect(createMigration(wanted)).resolves.toBeUndefined();

    await writeFile(join(prismaDir, 'schema.prisma'), schema('  id Int @id\n  size Int?'));
    await expect(createMigration({ ...wanted, now: new Date('2026-01-03') })).resolves.toBe(
      '20260103000000_add_things',
    );
    await expect(readdir(join(prismaDir, 'migrations'))).resolves.toHaveLength(3);
  });
});

describe('every schema.prisma of the repository', () => {
  const services = join(import.meta.dirname, '../../../../services');

  it('says what its migrations make, so that the next migration holds nothing but the change', async () => {
    const changed: string[] = [];
    for (const service of await readdir(services)) {
      const prismaDir = join(folder, 'drift', service);
      const source = join(services, service, 'prisma');
      if (!existsSync(source)) continue;
      await cp(source, prismaDir, { recursive: true });
      const wanted = { prismaDir, name: 'drift', superuserUrl: server.superuserUrl, now: new Date() };
      if ((await createMigration(wanted)) !== undefined) changed.push(service);
    }
    expect(changed).toEqual([]);
  });
});

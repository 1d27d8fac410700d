import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createMigration, removePostgresData, startPostgres } from '@souk/postgres';
import { root } from '../root.js';

/** `npm run migration -- SERVICE NAME`: writes the migration that a changed schema.prisma needs. */
export async function run([service, ...words]: readonly string[]): Promise<void> {
  const name = words.join(' ');
  if (!service || !name)
    throw new Error('Say which: npm run migration -- SERVICE NAME, such as "order add-notes".');
  const prismaDir = join(root, 'services', service, 'prisma');
  if (!existsSync(join(prismaDir, 'schema.prisma')))
    throw new Error(`${service} has no prisma/schema.prisma.`);

  const scratch = await mkdtemp(join(tmpdir(), 'souk-migration-'));
  const dataDir = join(scratch, 'postgres');
  const server = await startPostgres({ dataDir, logFile: join(scratch, 'postgres.log') });
  try {
    const made = await createMigration({
      prismaDir,
      name,
      superuserUrl: server.superuserUrl,
      now: new Date(),
    });
    process.stdout.write(
      made === undefined
        ? 'The migrations say all that the schema says.\n'
        : `${join(prismaDir, 'migrations', made)}\n`,
    );
  } finally {
    await server.stop();
    await removePostgresData(dataDir);
    await rm(scratch, { recursive: true, force: true });
  }
  // The schema engine leaves a timer behind.
  process.exit(0);
}

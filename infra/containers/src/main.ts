import { migrateDatabases } from './jobs/migrate.js';
import { handOutSecrets } from './jobs/secrets.js';
import { seedCatalogue } from './jobs/seed.js';
import { createTopics } from './jobs/topics.js';
import { verifyInvariants } from './jobs/verify.js';

const jobs: Readonly<Record<string, (args: readonly string[]) => Promise<void>>> = {
  secrets: handOutSecrets,
  migrate: migrateDatabases,
  topics: createTopics,
  seed: seedCatalogue,
  verify: verifyInvariants,
};

const [name = '', ...args] = process.argv.slice(2);
const job = jobs[name];
try {
  if (!job) throw new Error(`There is no job "${name}": choose one of ${Object.keys(jobs).join(', ')}.`);
  await job(args);
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}

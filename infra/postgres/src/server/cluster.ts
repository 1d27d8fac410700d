import { execFile } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { chmod, chown, mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { everyoneCanEnter, sharedFolder, type Binaries } from './binaries.js';
import { asServerUser } from './server-user.js';

export interface Cluster {
  /** PGDATA */
  readonly folder: string;
  readonly superuserPassword: string;
}

/** Opens the database cluster kept for `dataDir`, making it on first use. */
export async function openCluster(binaries: Binaries, dataDir: string): Promise<Cluster> {
  const home = await clusterHome(dataDir);
  await mkdir(home, { recursive: true });
  const user = asServerUser();
  if (user) await chown(home, user.uid, user.gid);
  await chmod(home, 0o700);

  const passwordFile = join(home, 'superuser-password');
  const folder = join(home, 'cluster');
  if (!(await exists(folder))) {
    // Made under another name first: what a killed initdb leaves behind is never taken for a cluster.
    const draft = join(home, 'cluster.new');
    await rm(draft, { recursive: true, force: true });
    await writeFile(passwordFile, randomBytes(24).toString('base64url'), { mode: 0o600 });
    if (user) await chown(passwordFile, user.uid, user.gid);
    await initialise(binaries, draft, passwordFile);
    await rename(draft, folder);
  }
  return { folder, superuserPassword: await readFile(passwordFile, 'utf8') };
}

/** Deletes all that `startPostgres` keeps for `dataDir`. Its server must be stopped. */
export async function removePostgresData(dataDir: string): Promise<void> {
  await rm(await clusterHome(dataDir), { recursive: true, force: true });
  await rm(dataDir, { recursive: true, force: true });
}

async function clusterHome(dataDir: string): Promise<string> {
  const wanted = resolve(dataDir);
  if (asServerUser() === undefined || (await everyoneCanEnter(resolve(wanted, '..')))) return wanted;
  const name = createHash('sha256').update(wanted).digest('hex').slice(0, 16);
  return join(await sharedFolder(), `data-${name}`);
}

async function initialise(binaries: Binaries, folder: string, passwordFile: string): Promise<void> {
  const user = asServerUser();
  const args = [
    '--pgdata',
    folder,
    '--username=postgres',
    `--pwfile=${passwordFile}`,
    '--auth=scram-sha-256',
  ];
  const locale = ['--encoding=UTF8', '--locale-provider=builtin', '--builtin-locale=C.UTF-8', '--locale=C'];
  try {
    await promisify(execFile)(binaries.initdb, [...args, ...locale], {
      cwd: '/',
      env: { PATH: process.env['PATH'] ?? '', LC_ALL: 'C' },
      ...user,
    });
  } catch (cause) {
    const lines = cause instanceof Error && 'stderr' in cause ? String(cause.stderr).trim().split('\n') : [];
    // initdb says why first, and how it tidies up last.
    const said = lines.find((line) => /error|fatal|could not|no space/i.test(line)) ?? lines.at(-1) ?? '';
    throw new Error(`Postgres could not make its data folder ${folder}: ${said}`, { cause });
  }
}

const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );

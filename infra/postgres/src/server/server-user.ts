import { readFileSync } from 'node:fs';

export interface ServerUser {
  readonly uid: number;
  readonly gid: number;
}

/** Postgres refuses to run as root: root runs it as user postgres or, where there is none, as nobody. */
export function asServerUser(): ServerUser | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const users = readFileSync('/etc/passwd', 'utf8').split('\n');
  const found = ['postgres', 'nobody']
    .map((name) => users.find((line) => line.startsWith(`${name}:`)))
    .find(Boolean);
  const [, , uid, gid] = found?.split(':') ?? [];
  if (uid === undefined || gid === undefined) {
    throw new Error('Postgres does not run as root: create a user named postgres, or start as another user.');
  }
  return { uid: Number(uid), gid: Number(gid) };
}

import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import type { KeyPair } from '@souk/certificates';
import { issueFor, stillServes } from './certificates.js';
import type { Consumer } from './consumers.js';

export interface HandOut {
  /** Where the consumer's volume is mounted. */
  readonly folder: string;
  readonly authority: KeyPair;
  /** Issue a certificate although the one there still serves. */
  readonly renew: boolean;
}

/** Writes what a consumer gets into its volume, for its user's eyes only; what is right already stays untouched. */
export async function handOut(consumer: Consumer, how: HandOut): Promise<void> {
  if (!existsSync(how.folder))
    throw new Error(
      `${consumer.name} has no folder for its secrets: mount a volume of its own at ${how.folder} of the job "secrets".`,
    );
  const files = { ...consumer.files, ...(await certificateFiles(consumer, how)) };
  if (consumer.certificateFor !== undefined) own(makeFolder(join(how.folder, 'tls')), consumer.uid, 0o500);
  for (const [name, content] of Object.entries(files)) place(join(how.folder, name), content, consumer.uid);
  own(how.folder, consumer.uid, 0o500);
}

async function certificateFiles(
  { certificateFor }: Consumer,
  { folder, authority, renew }: HandOut,
): Promise<Record<string, string>> {
  if (certificateFor === undefined) return {};
  const file = join(folder, 'tls', 'cert.pem');
  const isThere = existsSync(file) && existsSync(join(folder, 'tls', 'key.pem'));
  if (!renew && isThere && stillServes(readFileSync(file, 'utf8'), authority)) return {};
  const { certificate, key } = await issueFor(authority, certificateFor);
  return { 'tls/ca.pem': authority.certificate, 'tls/cert.pem': certificate, 'tls/key.pem': key };
}

/** Renamed into place: whoever reads it meanwhile gets the whole of the old or the new. */
function place(file: string, content: string, uid: number): void {
  if (!existsSync(file) || readFileSync(file, 'utf8') !== content) {
    const fresh = `${file}.new`;
    writeFileSync(fresh, content, { mode: 0o400 });
    renameSync(fresh, file);
  }
  own(file, uid, 0o400);
}

function own(path: string, uid: number, mode: number): void {
  chownSync(path, uid, uid);
  chmodSync(path, mode);
}

function makeFolder(folder: string): string {
  mkdirSync(folder, { recursive: true });
  return folder;
}

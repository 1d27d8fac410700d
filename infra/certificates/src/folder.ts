import { X509Certificate } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createAuthority, issueCertificate, type KeyPair } from './authority.js';

const dayMs = 24 * 3_600_000;
const authorityValidForMs = 365 * dayMs;
const usualValidForMs = dayMs;

/**
 * Keeps certificates for services in `folder`: the authority's own at its top, and for each service a folder of
 * `ca.pem`, `cert.pem` and `key.pem`. What is missing is made, what has less than half of its time left is renewed,
 * each file replaced at once, so that who reads them meanwhile has an old one or a new one.
 * @param options.validForMs of each certificate; a day unless given
 */
export async function keepCertificates(
  folder: string,
  services: readonly string[],
  options: { validForMs?: number } = {},
): Promise<void> {
  const validForMs = options.validForMs ?? usualValidForMs;
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const authority = await keepAuthority(folder);
  for (const service of services) {
    const place = join(folder, service);
    mkdirSync(place, { recursive: true, mode: 0o700 });
    if (isFresh(place, authority)) continue;
    const { certificate, key } = await issueCertificate(authority, { service, validForMs });
    replaceFile(join(place, 'ca.pem'), authority.certificate);
    replaceFile(join(place, 'key.pem'), key);
    replaceFile(join(place, 'cert.pem'), certificate);
  }
}

async function keepAuthority(folder: string): Promise<KeyPair> {
  const [certificateFile, keyFile] = [join(folder, 'authority.pem'), join(folder, 'authority.key.pem')];
  if (existsSync(certificateFile) && existsSync(keyFile) && hasHalfLeft(readFileSync(certificateFile)))
    return { certificate: readFileSync(certificateFile, 'utf8'), key: readFileSync(keyFile, 'utf8') };
  const authority = await createAuthority('Souk development', authorityValidForMs);
  replaceFile(keyFile, authority.key);
  replaceFile(certificateFile, authority.certificate);
  return authority;
}

function isFresh(place: string, authority: KeyPair): boolean {
  const files = ['ca.pem', 'key.pem', 'cert.pem'].map((name) => join(place, name));
  if (!files.every((file) => existsSync(file))) return false;
  const certificate = readFileSync(join(place, 'cert.pem'));
  return readFileSync(join(place, 'ca.pem'), 'utf8') === authority.certificate && hasHalfLeft(certificate);
}

function hasHalfLeft(pem: Buffer): boolean {
  const { validFrom, validTo } = new X509Certificate(pem);
  const [from, to] = [Date.parse(validFrom), Date.parse(validTo)];
  return Date.now() < from + (to - from) / 2;
}

function replaceFile(file: string, text: string): void {
  writeFileSync(`${file}.new`, text, { mode: 0o600 });
  renameSync(`${file}.new`, file);
}

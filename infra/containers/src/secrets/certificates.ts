import { X509Certificate } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createAuthority, issueCertificate, type KeyPair } from '@souk/certificates';

const dayMs = 24 * 3600 * 1000;
const authorityForMs = 3650 * dayMs;
const certificateForMs = 90 * dayMs;
const renewBeforeMs = 30 * dayMs;

/** The development authority of this system, made once. */
export async function openAuthority(folder: string): Promise<KeyPair> {
  const [certificateFile, keyFile] = [join(folder, 'authority.pem'), join(folder, 'authority-key.pem')];
  if (existsSync(keyFile))
    return { certificate: readFileSync(certificateFile, 'utf8'), key: readFileSync(keyFile, 'utf8') };
  const authority = await createAuthority('Souk development', authorityForMs);
  writeFileSync(certificateFile, authority.certificate, { mode: 0o600 });
  writeFileSync(keyFile, authority.key, { mode: 0o600 });
  return authority;
}

/** A certificate of the authority for `service`; the browser's name for it is among its names. */
export const issueFor = (authority: KeyPair, service: string): Promise<KeyPair> =>
  issueCertificate(authority, { service, dnsNames: ['localhost'], validForMs: certificateForMs });

/** Will it still serve: of this authority, and not about to lapse? */
export function stillServes(pem: string, authority: KeyPair): boolean {
  const certificate = new X509Certificate(pem);
  const isOurs = certificate.checkIssued(new X509Certificate(authority.certificate));
  return isOurs && Date.parse(certificate.validTo) - Date.now() > renewBeforeMs;
}

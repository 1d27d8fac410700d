import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createAuthority, issueCertificate, type CertificateRequest, type KeyPair } from '@souk/certificates';
import { openCertificates, type Certificates } from '../auth/index.js';

const hourMs = 3_600_000;

export interface ToyAuthority {
  /** A folder of certificates for a service, opened. */
  issue(service: string, request?: Partial<CertificateRequest>): Promise<Certificates & { folder: string }>;
  /** Replaces what a folder holds by a new certificate of the same service. */
  renew(folder: string, service: string): Promise<string>;
  /** Closes and removes whatever was issued. */
  close(): void;
}

/** @param trusted what those that it issues to trust, when it is not itself */
export async function createToyAuthority(trusted?: string): Promise<ToyAuthority & { pem: string }> {
  const authority = await createAuthority('Souk tests', hourMs);
  const closing: (() => void)[] = [];
  const issueInto = async (folder: string, request: Partial<CertificateRequest> & { service: string }) => {
    const pair = await issueCertificate(authority, { validForMs: hourMs, ...request });
    writePair(folder, pair, trusted ?? authority.certificate);
    return pair.certificate;
  };
  return {
    pem: authority.certificate,
    issue: async (service, request = {}) => {
      const folder = mkdtempSync(join(tmpdir(), 'souk-tls-'));
      await issueInto(folder, { service, ...request });
      const certificates = openCertificates({ folder, onError: () => undefined, lookEveryMs: 20 });
      closing.push(() => {
        certificates.close();
        rmSync(folder, { recursive: true });
      });
      return Object.assign(certificates, { folder });
    },
    renew: (folder, service) => issueInto(folder, { service }),
    close: () => {
      for (const close of closing.splice(0)) close();
    },
  };
}

/** Each file replaced at once, the pair in two steps, as any renewal does. */
function writePair(folder: string, pair: KeyPair, ca: string): void {
  for (const [name, text] of [
    ['ca.pem', ca],
    ['key.pem', pair.key],
    ['cert.pem', pair.certificate],
  ] as const) {
    writeFileSync(join(folder, `${name}.new`), text, { mode: 0o600 });
    renameSync(join(folder, `${name}.new`), join(folder, name));
  }
}

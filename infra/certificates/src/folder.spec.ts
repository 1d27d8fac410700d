import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { keepCertificates } from './index.js';

const hourMs = 3_600_000;

describe('a folder of certificates', () => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'souk-certificates-'));
  });
  afterEach(() => {
    jest.restoreAllMocks();
    rmSync(folder, { recursive: true });
  });
  const read = (...path: string[]) => readFileSync(join(folder, ...path), 'utf8');
  const at = (ms: number) => jest.spyOn(Date, 'now').mockReturnValue(Date.now() + ms);

  it('has for each service what it shows and whom it trusts, for the owner alone', async () => {
    await keepCertificates(folder, ['order', 'product']);
    for (const service of ['order', 'product']) {
      const certificate = new X509Certificate(read(service, 'cert.pem'));
      expect(certificate.checkHost(`${service}.souk.internal`)).toBeDefined();
      expect(certificate.verify(new X509Certificate(read(service, 'ca.pem')).publicKey)).toBe(true);
      expect(statSync(join(folder, service, 'key.pem')).mode & 0o777).toBe(0o600);
    }
  });

  it('stays as it is until half of the time is over, and then has new ones of the same authority', async () => {
    await keepCertificates(folder, ['order'], { validForMs: 2 * hourMs });
    const [authority, first] = [read('authority.pem'), read('order', 'cert.pem')];
    await keepCertificates(folder, ['order'], { validForMs: 2 * hourMs });
    expect(read('order', 'cert.pem')).toBe(first);
    at(hourMs);
    await keepCertificates(folder, ['order'], { validForMs: 2 * hourMs });
    expect(read('order', 'cert.pem')).not.toBe(first);
    expect(read('order', 'ca.pem')).toBe(authority);
  });

  it('changes authority when the old one has half of its year left, and everybody with it', async () => {
    await keepCertificates(folder, ['order']);
    const before = read('authority.pem');
    at(200 * 24 * hourMs);
    await keepCertificates(folder, ['order']);
    expect(read('authority.pem')).not.toBe(before);
    expect(read('order', 'ca.pem')).toBe(read('authority.pem'));
  });
});

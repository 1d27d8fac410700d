import { describe, expect, it } from '@jest/globals';
import { X509Certificate } from 'node:crypto';
import { createAuthority, issueCertificate } from './index.js';

const hour = 3_600_000;

describe('the development authority', () => {
  it('issues what names the service twice: for those who call it and for those whom it calls', async () => {
    const authority = await createAuthority('Souk development', hour);
    const { certificate } = await issueCertificate(authority, { service: 'order', validForMs: hour });
    const read = new X509Certificate(certificate);
    expect(read.checkHost('order.souk.internal')).toBe('order.souk.internal');
    expect(read.checkHost('payment.souk.internal')).toBeUndefined();
    expect(read.subjectAltName).toContain('URI:spiffe://souk/order');
    expect(read.ca).toBe(false);
    expect(read.verify(new X509Certificate(authority.certificate).publicKey)).toBe(true);
  });

  it('issues for as long as asked', async () => {
    const authority = await createAuthority('Souk development', hour);
    const { certificate } = await issueCertificate(authority, { service: 'order', validForMs: hour });
    const { validFrom, validTo } = new X509Certificate(certificate);
    expect(new Date(validTo).getTime() - new Date(validFrom).getTime()).toBe(hour);
  });

  it('does not pass for another authority of the same name', async () => {
    const [ours, theirs] = await Promise.all([
      createAuthority('Souk development', hour),
      createAuthority('Souk development', hour),
    ]);
    const { certificate } = await issueCertificate(theirs, { service: 'order', validForMs: hour });
    const key = new X509Certificate(ours.certificate).publicKey;
    expect(new X509Certificate(certificate).verify(key)).toBe(false);
  });
});

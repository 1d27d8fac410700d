import { describe, expect, it } from '@jest/globals';
import { createAddressGuard, DEFAULT_CHECK_NETWORKS } from './address-guard.js';

describe('the address guard', () => {
  const guard = createAddressGuard(DEFAULT_CHECK_NETWORKS);

  it.each(['127.0.0.1', '10.1.2.3', '172.31.0.1', '192.168.1.1', '[::1]', 'localhost'])(
    'lets %s through',
    async (host) => {
      await expect(guard.resolve(host)).resolves.toMatch(/[\d:]/);
    },
  );

  it.each(['169.254.169.254', '8.8.8.8', '172.32.0.1', '0.0.0.0', '[2001:db8::1]', '[::ffff:8.8.8.8]'])(
    'refuses %s',
    async (host) => {
      await expect(guard.resolve(host)).rejects.toThrow('outside the networks');
    },
  );

  it('refuses what is no network', () => {
    expect(() => createAddressGuard(['10.0.0.0'])).toThrow('10.0.0.0 is not a network in CIDR form');
  });
});

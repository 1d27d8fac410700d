import { isIPv6 } from 'node:net';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { parseHexAddress, toHexAddress } from './hex-address.js';

describe('an address as a label', () => {
  it.each([
    ['127.0.0.1', '7f000001'],
    ['::1', `${'0'.repeat(31)}1`],
    ['2001:db8::5:0:7', '20010db8000000000000000500000007'],
    ['::ffff:10.0.0.1', '00000000000000000000ffff0a000001'],
    ['fe80::1%eth0', 'fe800000000000000000000000000001'],
    ['host.example', undefined],
  ])('%s is %s', (address, hex) => {
    expect(toHexAddress(address)).toBe(hex);
  });

  it('leads back to the same address', () => {
    fc.assert(
      fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), (address) => {
        const hex = toHexAddress(address) ?? '';
        const back = parseHexAddress(hex) ?? '';
        expect(toHexAddress(back)).toBe(hex);
        expect(isIPv6(back)).toBe(isIPv6(address));
      }),
    );
  });

  it.each(['', '7f00000', '7f0000011', 'zz000001'])('%p is none', (label) => {
    expect(parseHexAddress(label)).toBeUndefined();
  });
});

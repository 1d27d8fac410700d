import { describe, expect, it } from '@jest/globals';
import { addressTowards } from './own-address.js';

describe("this machine's own address", () => {
  it('is the one by which it reaches the other', async () => {
    await expect(addressTowards('http://127.0.0.1:8500')).resolves.toBe('127.0.0.1');
    await expect(addressTowards('http://localhost')).resolves.toBe('127.0.0.1');
  });

  it('is not known towards a name that nobody has', async () => {
    await expect(addressTowards('http://nobody.invalid:1')).rejects.toThrow('nobody.invalid');
  });
});

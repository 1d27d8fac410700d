import { describe, expect, it } from '@jest/globals';
import { assertMayOperate, assertMayRead, assertMayWriteService, createAuthenticate } from './access.js';

const tokens = new Map([
  ['token-of-order', 'order'],
  ['token-of-operator', '*'],
]);
const who = createAuthenticate(tokens, true);

const isAllowed = (act: () => void): boolean => {
  try {
    act();
    return true;
  } catch {
    return false;
  }
};

describe('a token', () => {
  it.each([
    ['token-of-order', ['order', 'order-grpc']],
    ['token-of-operator', ['order', 'order-grpc', 'order-x', 'orders', 'product', 'Order']],
    ['', []],
  ])('%p writes only its own names', (token, allowed) => {
    const names = ['order', 'order-grpc', 'order-x', 'orders', 'product', 'Order'];
    const written = names.filter((name) =>
      isAllowed(() => {
        assertMayWriteService(who(token), name);
      }),
    );
    expect(written).toEqual(allowed);
    const operates = isAllowed(() => {
      assertMayOperate(who(token));
    });
    expect(operates).toBe(token === 'token-of-operator');
  });

  it('must be known', () => {
    expect(() => who('guessed')).toThrow('ACL not found');
  });

  it('is needed to read only where reads are not for everybody', () => {
    const strict = createAuthenticate(tokens, false);
    expect(() => {
      assertMayRead(strict(''));
    }).toThrow('Permission denied');
    for (const principal of [strict('token-of-order'), who('')]) assertMayRead(principal);
  });

  it('is not asked for where there are none', () => {
    assertMayOperate(createAuthenticate(undefined, false)('anything'));
  });
});

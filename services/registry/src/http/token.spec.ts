import { describe, expect, it } from '@jest/globals';
import { redactToken, tokenOf } from './token.js';

describe('tokenOf', () => {
  const headers = { 'x-consul-token': 'from-header', authorization: 'Bearer from-bearer' };

  it('prefers the query, then the header of its own, then the bearer', () => {
    expect(tokenOf(new URLSearchParams('token=from-query'), headers)).toBe('from-query');
    expect(tokenOf(new URLSearchParams('token='), headers)).toBe('from-header');
    expect(tokenOf(new URLSearchParams(), { authorization: 'bearer from-bearer' })).toBe('from-bearer');
    expect(tokenOf(new URLSearchParams(), { authorization: 'Basic abc' })).toBe('');
  });
});

describe('redactToken', () => {
  it('leaves no token in a URL', () => {
    expect(redactToken('/v1/kv/a?token=secret&raw&TOKEN=secret#token')).toBe(
      '/v1/kv/a?token=<hidden>&raw&TOKEN=<hidden>#token',
    );
  });
});

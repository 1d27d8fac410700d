import { createHmac, createPublicKey, generateKeyPairSync, randomBytes } from 'node:crypto';
import { describe, expect, it, jest } from '@jest/globals';
import jwt from 'jsonwebtoken';
import {
  accessToken,
  createJwksSource,
  createServiceTokens,
  createServiceVerifier,
  createUserVerifier,
  issueAccessToken,
  type Jwks,
} from './index.js';
import { createServiceKeys } from '../testing/service-keys.js';

const pair = generateKeyPairSync('rsa', { modulusLength: 2048 });
const key = { kid: 'k1', algorithm: 'RS256', privateKey: pair.privateKey } as const;
const user = { id: 'u1', roles: ['admin'], sessionId: 's1' };
const verify = createUserVerifier((kid) => (kid === 'k1' ? pair.publicKey : undefined));
const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
const now = () => Math.floor(Date.now() / 1000);
const claims = () => ({ sub: 'u1', iss: accessToken.issuer, aud: accessToken.audience, exp: now() + 60 });

const signed = (change: {
  header?: object;
  claims?: object;
  payload?: object;
  algorithm?: 'RS256' | 'RS512';
}) =>
  jwt.sign(change.payload ?? { ...claims(), ...change.claims }, pair.privateKey, {
    algorithm: change.algorithm ?? 'RS256',
    header: { alg: 'RS256', typ: accessToken.type, kid: 'k1', ...change.header },
  });
const without = (name: 'sub' | 'exp') => {
  const { [name]: _left, ...rest } = claims();
  return rest;
};
const hs256 = () => {
  const head = encode({ alg: 'HS256', typ: accessToken.type, kid: 'k1' });
  const secret = pair.publicKey.export({ type: 'spki', format: 'pem' });
  const body = `${head}.${encode(claims())}`;
  return `${body}.${createHmac('sha256', secret).update(body).digest('base64url')}`;
};
const otherKey = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;

describe('access tokens', () => {
  it('are understood by who verifies them, also a second time', async () => {
    const { token } = issueAccessToken(key, user);
    for (let n = 0; n < 2; n += 1)
      expect(await verify(token)).toMatchObject({
        kind: 'user',
        userId: 'u1',
        roles: ['admin'],
        sessionId: 's1',
      });
    expect(await verify(signed({}))).toMatchObject({ userId: 'u1' });
    expect(await verify(signed({ claims: { nbf: now() + 20 } }))).toMatchObject({ userId: 'u1' });
  });

  const bad: readonly [string, () => string][] = [
    ['alg none', () => `${encode({ alg: 'none', typ: accessToken.type, kid: 'k1' })}.${encode(claims())}.`],
    ['HS256 with the public key', hs256],
    ['another algorithm of the same key', () => signed({ header: { alg: 'RS512' }, algorithm: 'RS512' })],
    ['another issuer', () => signed({ claims: { iss: 'https://evil' } })],
    ['another audience', () => signed({ claims: { aud: 'other' } })],
    ['another type', () => signed({ header: { typ: 'JWT' } })],
    ['an unknown key', () => signed({ header: { kid: 'k2' } })],
    ['no key id', () => signed({ header: { kid: undefined } })],
    ['another key', () => issueAccessToken({ ...key, privateKey: otherKey }, user).token],
    ['past its expiry', () => signed({ claims: { exp: now() - 31 } })],
    ['not valid yet', () => signed({ claims: { nbf: now() + 120 } })],
    ['no expiry', () => signed({ payload: without('exp') })],
    ['no subject', () => signed({ payload: without('sub') })],
    ['crit', () => signed({ header: { crit: ['exp'] } })],
    ['a changed payload', () => signed({}).replace(/\.[^.]+\./, `.${encode({ ...claims(), sub: 'u2' })}.`)],
    ['garbage', () => 'garbage'],
    ['nothing', () => ''],
    ['dots', () => '...'],
    ['a megabyte', () => randomBytes(768 * 1024).toString('base64url')],
  ];
  it.each(bad)('are refused with %s', async (_what, token) => {
    await expect(verify(token())).rejects.toMatchObject({ code: 'unauthenticated' });
  });
});

describe('a published key set', () => {
  const jwk = (kid: string) => ({
    ...createPublicKey(pair.privateKey).export({ format: 'jwk' }),
    kid,
    alg: 'RS256',
  });

  it('is asked again for an unknown key, but not by every forged one', async () => {
    let asked = 0;
    let published: Jwks = { keys: [jwk('k1')] };
    const source = createJwksSource(() => {
      asked += 1;
      return Promise.resolve(published);
    }, 'RS256');
    const all = await Promise.all(Array.from({ length: 20 }, async () => source('k1')));
    expect(all.every((found) => found !== undefined)).toBe(true);
    expect(asked).toBe(1);
    published = { keys: [jwk('k1'), jwk('k2')] };
    for (let n = 0; n < 100; n += 1) expect(await source(`forged-${String(n)}`)).toBeUndefined();
    expect(asked).toBe(1);
    const clock = jest.spyOn(Date, 'now').mockReturnValue(Date.now() + 2001);
    expect(await source('k2')).toBeDefined();
    expect(asked).toBe(2);
    clock.mockRestore();
  });
});

describe('service tokens', () => {
  const { bundle, privateKeys } = createServiceKeys(['order', 'product']);
  const tokens = createServiceTokens('order', privateKeys.get('order') ?? '');

  it('name a service to one peer', async () => {
    const toProduct = createServiceVerifier('product', bundle);
    expect(await toProduct(tokens('product'))).toMatchObject({ kind: 'service', service: 'order' });
    await expect(toProduct(tokens('payment'))).rejects.toMatchObject({ code: 'unauthenticated' });
    expect(tokens('product')).toBe(tokens('product'));
  });

  it("cannot be signed with another service's key", async () => {
    const forged = createServiceTokens('order', privateKeys.get('product') ?? '');
    await expect(createServiceVerifier('product', bundle)(forged('product'))).rejects.toMatchObject({
      code: 'unauthenticated',
    });
  });
});

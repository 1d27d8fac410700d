import { createHmac, createPublicKey, generateKeyPairSync, randomBytes, sign } from 'node:crypto';
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
const good = { alg: 'RS256', typ: accessToken.type, kid: 'k1' };
const asPem = pair.publicKey.export({ type: 'spki', format: 'pem' });
/** Signed by nobody's leave: an HMAC whose secret is the public key. */
const hmac = (alg: 'HS256' | 'HS384' | 'HS512', secret: string | Buffer = asPem) => {
  const body = `${encode({ ...good, alg })}.${encode(claims())}`;
  return `${body}.${createHmac(alg.replace('HS', 'sha'), secret).update(body).digest('base64url')}`;
};
/** Any text as header and payload, truly signed by our key. */
const rawSigned = (header: string, payload: string) => {
  const body = `${Buffer.from(header).toString('base64url')}.${Buffer.from(payload).toString('base64url')}`;
  return `${body}.${sign('sha256', Buffer.from(body), pair.privateKey).toString('base64url')}`;
};
const signedAs = (header: object) => rawSigned(JSON.stringify(header), JSON.stringify(claims()));
const claiming = (payload: unknown) => rawSigned(JSON.stringify(good), JSON.stringify(payload));
const parts = (token: string): [string, string, string] => {
  const [header = '', payload = '', signature = ''] = token.split('.');
  return [header, payload, signature];
};
const changed = (change: (token: [string, string, string]) => readonly string[]): string =>
  change(parts(signed({}))).join('.');
const whole = () => JSON.stringify(claims());
/** A member stands twice; readers of JSON take the last. */
const namedTwice = (object: object, name: string, first: unknown, last: unknown): string => {
  const { [name]: _left, ...rest } = object as Record<string, unknown>;
  const member = (value: unknown) => `${JSON.stringify(name)}:${JSON.stringify(value)}`;
  return `{${member(first)},${JSON.stringify(rest).slice(1, -1)},${member(last)}}`;
};
const twice = (name: string, first: unknown, last: unknown): string =>
  rawSigned(JSON.stringify(good), namedTwice(claims(), name, first, last));
const stranger = generateKeyPairSync('rsa', { modulusLength: 2048 });
/** Brings its own key, and says so in its header. */
const selfSigned = (header: object) =>
  jwt.sign(claims(), stranger.privateKey, {
    algorithm: 'RS256',
    header: { ...good, ...header },
  });
const otherKey = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
const serviceToken = () => {
  const { privateKeys } = createServiceKeys(['order']);
  return createServiceTokens('order', privateKeys.get('order') ?? '')('product');
};

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

  it('that name a claim twice count by the last, in what is checked and in what is used', async () => {
    expect(await verify(twice('sub', 'u1', 'u2'))).toMatchObject({ userId: 'u2' });
    expect(await verify(twice('exp', now() - 60, now() + 60))).toMatchObject({ userId: 'u1' });
    expect(await verify(twice('roles', ['admin'], ['user']))).toMatchObject({ roles: ['user'] });
  });

  const bad: readonly [string, () => string][] = [
    ['alg none', () => `${encode({ alg: 'none', typ: accessToken.type, kid: 'k1' })}.${encode(claims())}.`],
    ['alg nOnE', () => `${encode({ ...good, alg: 'nOnE' })}.${encode(claims())}.`],
    ['no alg', () => signedAs({ typ: accessToken.type, kid: 'k1' })],
    [
      'alg named twice',
      () =>
        `${Buffer.from(`{"alg":"RS256","typ":"${accessToken.type}","kid":"k1","alg":"none"}`).toString('base64url')}.${encode(claims())}.`,
    ],
    ['HS256 with the public key', () => hmac('HS256')],
    [
      'HS256 with the public key as DER',
      () => hmac('HS256', pair.publicKey.export({ type: 'spki', format: 'der' })),
    ],
    ['HS384 with the public key', () => hmac('HS384')],
    ['HS512 with the public key', () => hmac('HS512')],
    ['an elliptic algorithm by name', () => signedAs({ ...good, alg: 'ES256' })],
    ['PS256 by name', () => signedAs({ ...good, alg: 'PS256' })],
    ['a key in its header', () => selfSigned({ jwk: stranger.publicKey.export({ format: 'jwk' }) })],
    ['the address of its keys', () => selfSigned({ jku: 'http://127.0.0.1/jwks.json' })],
    ['the address of its certificate', () => selfSigned({ x5u: 'http://127.0.0.1/cert.pem' })],
    ['a key id that is a path', () => signedAs({ ...good, kid: '../../../dev/null' })],
    ['a key id that is SQL', () => signedAs({ ...good, kid: "k1' or '1'='1" })],
    ['a key id with a zero byte', () => signedAs({ ...good, kid: 'k1\u0000' })],
    ['a key id that is a list', () => signedAs({ ...good, kid: ['k1'] })],
    ['a key id of a prototype', () => signedAs({ ...good, kid: '__proto__' })],
    ['no type', () => signedAs({ alg: 'RS256', kid: 'k1' })],
    ['no issuer', () => claiming({ ...claims(), iss: undefined })],
    ['a list of issuers', () => claiming({ ...claims(), iss: [accessToken.issuer] })],
    ['no audience', () => claiming({ ...claims(), aud: undefined })],
    ['other audiences', () => claiming({ ...claims(), aud: ['other', 'souk-api2'] })],
    ['an expiry that is text', () => claiming({ ...claims(), exp: String(now() + 60) })],
    ['an expiry before all time', () => claiming({ ...claims(), exp: -1 })],
    ['a start that is text', () => claiming({ ...claims(), nbf: 'now' })],
    ['a list for claims', () => claiming([claims()])],
    ['a text for claims', () => claiming('admin')],
    ['null for claims', () => claiming(null)],
    ['claims that are no JSON', () => rawSigned(JSON.stringify(good), '{')],
    ['a header that is no JSON', () => rawSigned('{', JSON.stringify(claims()))],
    ['another token inside', () => claiming(issueAccessToken(key, user).token)],
    ['a subject that is a list', () => claiming({ ...claims(), sub: ['u1'] })],
    ['a subject with another inside', () => claiming({ ...claims(), sub: { sub: 'u1' } })],
    ['a subject that is a number', () => claiming({ ...claims(), sub: 1 })],
    ['an expiry named twice, over in the end', () => twice('exp', now() + 60, now() - 60)],
    ['an audience named twice, of another in the end', () => twice('aud', accessToken.audience, 'other')],
    ['an issuer named twice, another in the end', () => twice('iss', accessToken.issuer, 'https://evil')],
    ['a start named twice, later in the end', () => twice('nbf', now() - 60, now() + 120)],
    ['a type named twice', () => rawSigned(namedTwice(good, 'typ', accessToken.type, 'JWT'), whole())],
    ['a key id named twice', () => rawSigned(namedTwice(good, 'kid', 'k1', 'k2'), whole())],
    ['claims of 2000 levels', () => rawSigned(JSON.stringify(good), '['.repeat(2000) + ']'.repeat(2000))],
    ['a header of 2000 levels', () => rawSigned('['.repeat(2000) + ']'.repeat(2000), whole())],
    ['a true signature over 16 KB of claims', () => claiming({ ...claims(), note: 'x'.repeat(16_384) })],
    ['a true signature over a header of 16 KB', () => signedAs({ ...good, note: 'x'.repeat(16_384) })],
    ['its header cut short', () => signed({}).slice(4)],
    ['its claims cut short', () => changed(([header, payload, mac]) => [header, payload.slice(0, -4), mac])],
    ['its claims gone', () => changed(([header, , mac]) => [header, '', mac])],
    ['header and claims swapped', () => changed(([header, payload, mac]) => [payload, header, mac])],
    ['claims and signature swapped', () => changed(([header, payload, mac]) => [header, mac, payload])],
    ['its claims twice', () => changed(([header, payload]) => [header, payload, payload])],
    ['padding', () => `${signed({})}==`],
    ['a line break at its end', () => `${signed({})}\n`],
    ['a space before it', () => ` ${signed({})}`],
    ['a zero byte at its end', () => `${signed({})}\u0000`],
    ['its signature cut short', () => signed({}).slice(0, -8)],
    ['no signature', () => `${parts(signed({})).slice(0, 2).join('.')}.`],
    [
      'the signature of another',
      () => [...parts(signed({ claims: { sub: 'u2' } })).slice(0, 2), parts(signed({}))[2]].join('.'),
    ],
    ['its parts swapped', () => parts(signed({})).reverse().join('.')],
    ['a fourth part', () => `${signed({})}.e30`],
    ['a service token', () => serviceToken()],
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

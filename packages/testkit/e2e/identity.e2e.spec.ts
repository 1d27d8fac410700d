import { createHmac, generateKeyPairSync, randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { accessToken, signToken } from '@souk/comms/auth';
import {
  adminToken,
  call,
  expectProblem,
  expectStatus,
  newPerson,
  openSystem,
  readPages,
  signIn,
  type Person,
  type Tokens,
} from '@souk/testkit';

const system = await openSystem();
const { url } = system;

interface User {
  readonly id: string;
  readonly email: string;
  readonly name: string;
  readonly roles: string[];
  readonly createdAt: string;
}

let admin: string;
let anna: Person;
let bert: Person;

beforeAll(async () => {
  [admin, anna, bert] = await Promise.all([adminToken(system), newPerson(system), newPerson(system)]);
});

const claimsOf = (token: string): Record<string, unknown> =>
  JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as Record<string, unknown>;

const encoded = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

describe('users', () => {
  const body = { email: `${randomUUID()}@test.souk`, password: 'a long password', name: 'Ünï Cödé 漢字' };

  it('registers somebody once, whatever the case of the address', async () => {
    const made = await expectStatus(201, call<User>(url, 'POST /api/users', { body }));
    expect(made.headers.get('location')).toBe(`/api/users/${made.body.id}`);
    expect(made.body).toEqual({
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      email: body.email,
      name: body.name,
      roles: ['user'],
      createdAt: expect.stringMatching(/^\d{4}-.*Z$/),
    });
    await expectProblem(call(url, 'POST /api/users', { body }), 'already_exists');
    const shouted = { ...body, email: body.email.toUpperCase() };
    await expectProblem(call(url, 'POST /api/users', { body: shouted }), 'already_exists');
  });

  it.each([
    ['no body', undefined],
    ['an unknown field', { ...body, roles: ['admin'] }],
    ['no address', { password: body.password, name: body.name }],
    ['a bad address', { ...body, email: 'nobody' }],
    ['a short password', { ...body, password: '123456789' }],
    ['a long password', { ...body, password: 'x'.repeat(129) }],
    ['a number as a name', { ...body, name: 7 }],
    ['a list', [body]],
    ['null', null],
  ])('refuses %s', async (_what, wrong) => {
    await expectProblem(call(url, 'POST /api/users', { body: wrong }), 'invalid_argument');
  });

  it('shows each of them to themselves and to an administrator', async () => {
    const own = await expectStatus(200, call<User>(url, 'GET /api/users/me', { token: anna.accessToken }));
    expect(own.body).toMatchObject({ id: anna.id, email: anna.email, roles: ['user'] });
    for (const token of [anna.accessToken, admin]) {
      const found = await expectStatus(200, call<User>(url, `GET /api/users/${anna.id}`, { token }));
      expect(found.body).toEqual(own.body);
    }
    await expectProblem(call(url, `GET /api/users/${anna.id}`, { token: bert.accessToken }), 'not_found');
    await expectProblem(call(url, `GET /api/users/${randomUUID()}`, { token: admin }), 'not_found');
    await expectProblem(
      call(url, 'GET /api/users/no-uuid', { token: admin }),
      'invalid_argument',
      'not_found',
    );
  });

  it('lists all of them to an administrator alone', async () => {
    await expectProblem(call(url, 'GET /api/users'), 'unauthenticated');
    await expectProblem(call(url, 'GET /api/users', { token: anna.accessToken }), 'permission_denied');
    const pages = await readPages<User>(url, { path: '/api/users', limit: 2, token: admin });
    const ids = pages.flat().map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids).toEqual(expect.arrayContaining([anna.id, bert.id]));
    expect(pages.slice(0, -1).every((page) => page.length === 2)).toBe(true);
    for (const query of ['limit=0', 'limit=101', 'limit=x', 'cursor=nonsense', 'unknown=1'])
      await expectProblem(call(url, `GET /api/users?${query}`, { token: admin }), 'invalid_argument');
  });
});

describe('sessions', () => {
  const refresh = (refreshToken: string) =>
    call<Tokens>(url, 'POST /api/sessions/refresh', { body: { refreshToken } });

  it('gives a short-lived bearer token, which nothing may keep', async () => {
    const { email, password } = anna;
    const signedIn = await expectStatus(
      201,
      call<Tokens>(url, 'POST /api/sessions', { body: { email, password } }),
    );
    expect(signedIn.body).toMatchObject({ tokenType: 'Bearer' });
    expect(signedIn.body.expiresIn).toBeLessThanOrEqual(600);
    expect(signedIn.headers.get('cache-control')).toBe('no-store');
    expect(claimsOf(signedIn.body.accessToken)).toMatchObject({ sub: anna.id, sid: expect.any(String) });
  });

  it('does not tell whether the password or the address is wrong', async () => {
    const wrongPassword = { email: anna.email, password: 'not her password' };
    const nobody = { email: `${randomUUID()}@test.souk`, password: 'not her password' };
    const answers = await Promise.all(
      [wrongPassword, nobody].map((body) =>
        expectProblem(call(url, 'POST /api/sessions', { body }), 'unauthenticated'),
      ),
    );
    expect(answers[0]?.detail).toBe(answers[1]?.detail);
    await expectProblem(call(url, 'POST /api/sessions', { body: { email: anna.email } }), 'invalid_argument');
    await expectProblem(
      call(url, 'POST /api/sessions', { body: { email: "' OR 1=1 --", password: "' OR 1=1 --" } }),
      'invalid_argument',
      'unauthenticated',
    );
  });

  it('rotates the refresh token, and revokes the family when an old one comes back', async () => {
    const first = await signIn(system, bert);
    const second = (await expectStatus(201, refresh(first.refreshToken))).body;
    expect(second.refreshToken).not.toBe(first.refreshToken);
    const third = (await expectStatus(201, refresh(second.refreshToken))).body;
    await expectStatus(200, call(url, 'GET /api/users/me', { token: third.accessToken }));
    await expectProblem(refresh(first.refreshToken), 'unauthenticated');
    await expectProblem(refresh(third.refreshToken), 'unauthenticated');
    await expectStatus(200, call(url, 'GET /api/users/me', { token: third.accessToken }));
    await expectProblem(refresh('made up'), 'unauthenticated');
    await expectProblem(call(url, 'POST /api/sessions/refresh', { body: {} }), 'invalid_argument');
  });

  it('lets one of two simultaneous uses of a refresh token win at most', async () => {
    const { refreshToken } = await signIn(system, bert);
    const answers = await Promise.all(Array.from({ length: 8 }, () => refresh(refreshToken)));
    expect(answers.filter(({ status }) => status === 201).length).toBeLessThanOrEqual(1);
    expect(answers.every(({ status }) => status === 201 || status === 401)).toBe(true);
  });

  it('signs out: the family ends, the access token lives on', async () => {
    const tokens = await signIn(system, bert);
    await expectStatus(204, call(url, 'DELETE /api/sessions/current', { token: tokens.accessToken }));
    await expectProblem(refresh(tokens.refreshToken), 'unauthenticated');
    await expectStatus(200, call(url, 'GET /api/users/me', { token: tokens.accessToken }));
    await expectProblem(call(url, 'DELETE /api/sessions/current'), 'unauthenticated');
  });
});

describe('access tokens', () => {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });

  it('are checked by published keys that have no private part', async () => {
    const { body } = await expectStatus(
      200,
      call<{ keys: Record<string, unknown>[] }>(url, 'GET /.well-known/jwks.json'),
    );
    expect(body.keys.length).toBeGreaterThan(0);
    for (const key of body.keys) {
      expect(key).toMatchObject({ kty: 'RSA', kid: expect.any(String), alg: 'RS256' });
      for (const secret of ['d', 'p', 'q', 'dp', 'dq', 'qi']) expect(key).not.toHaveProperty(secret);
    }
    const header = JSON.parse(
      Buffer.from(anna.accessToken.split('.')[0] ?? '', 'base64url').toString(),
    ) as Record<string, unknown>;
    expect(header).toMatchObject({ alg: 'RS256', typ: 'at+jwt' });
    expect(body.keys.map(({ kid }) => kid)).toContain(header['kid']);
  });

  const kid = (): string =>
    (JSON.parse(Buffer.from(anna.accessToken.split('.')[0] ?? '', 'base64url').toString()) as { kid: string })
      .kid;
  const forged = (changes: Partial<Parameters<typeof signToken>[1]> = {}): string =>
    signToken(
      { kid: kid(), algorithm: 'RS256', privateKey },
      {
        ...accessToken,
        subject: anna.id,
        lifetimeSeconds: 600,
        extra: { roles: ['admin'], sid: randomUUID() },
        ...changes,
      },
    );
  const parts = (): string[] => anna.accessToken.split('.');

  it.each<[string, () => string]>([
    ['another key under our key id', () => forged()],
    ['another audience', () => forged({ audience: 'another-api' })],
    ['an expired one', () => forged({ lifetimeSeconds: -600 })],
    ['no algorithm', () => `${encoded({ alg: 'none', typ: 'at+jwt', kid: kid() })}.${parts()[1] ?? ''}.`],
    [
      'an HMAC with the public key id',
      () => {
        const signed = `${encoded({ alg: 'HS256', typ: 'at+jwt', kid: kid() })}.${parts()[1] ?? ''}`;
        return `${signed}.${createHmac('sha256', 'secret').update(signed).digest('base64url')}`;
      },
    ],
    [
      'changed claims',
      () => {
        const [head, , signature] = parts();
        return `${head ?? ''}.${encoded({ ...claimsOf(anna.accessToken), roles: ['admin'] })}.${signature ?? ''}`;
      },
    ],
    ['no signature', () => `${parts()[0] ?? ''}.${parts()[1] ?? ''}.`],
    ['a refresh token', () => anna.refreshToken],
    ['nonsense', () => 'nonsense'],
    ['nothing', () => ''],
    ['a path as key id', () => `${encoded({ alg: 'RS256', typ: 'at+jwt', kid: '../../etc/passwd' })}.e30.x`],
  ])('are refused with %s', async (_what, token) => {
    for (const target of ['GET /api/users/me', 'GET /api/users'] as const)
      await expectProblem(call(url, target, { token: token() }), 'unauthenticated');
  });

  it('must come as Bearer', async () => {
    for (const authorization of [anna.accessToken, `Basic ${anna.accessToken}`, 'Bearer'])
      await expectProblem(call(url, 'GET /api/users/me', { headers: { authorization } }), 'unauthenticated');
  });
});

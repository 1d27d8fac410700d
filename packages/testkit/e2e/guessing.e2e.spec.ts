import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  call,
  exchange,
  expectProblem,
  expectStatus,
  need,
  newPerson,
  openSystem,
  signIn,
  statusesIn,
  until,
  type Person,
} from '@souk/testkit';

const system = await openSystem();
const { url } = system;
const suite = need(system, 'kill') ? describe : describe.skip;

const wrong = 'not the password';
const tryIn = (email: string, password = wrong) =>
  call(url, 'POST /api/sessions', { body: { email, password } });
const stranger = (): string => `${randomUUID()}@test.souk`;

/** A try over a connection of its own. */
async function tryAlone(email: string, headers: readonly string[]): Promise<number | undefined> {
  const body = JSON.stringify({ email, password: wrong });
  const lines = [
    'POST /api/sessions HTTP/1.1',
    `Host: ${new URL(url).host}`,
    'Content-Type: application/json',
    `Content-Length: ${String(body.length)}`,
    'Connection: close',
    ...headers,
  ];
  return statusesIn(await exchange(url, [...lines, '', body].join('\r\n'))).at(-1);
}

suite('guesses at a password', () => {
  beforeAll(async () => {
    await system.control.restart('identity-1', { SOUK_RATE_LIMIT: '1' });
  });
  afterAll(async () => {
    await system.control.restart('identity-1');
  });

  const exhaust = async (email: string): Promise<void> => {
    for (let count = 0; count < 10; count += 1) await expectProblem(tryIn(email), 'unauthenticated');
  };
  const expectRefused = async (email: string, password?: string): Promise<string> => {
    const answer = await tryIn(email, password);
    const { detail } = await expectProblem(answer, 'too_many_requests');
    const seconds = Number(answer.headers.get('retry-after'));
    expect(seconds).toBeGreaterThan(0);
    expect(seconds).toBeLessThanOrEqual(60);
    return detail;
  };

  it('are ten a minute for an account; then the right one is refused too', async () => {
    const [victim, other] = await Promise.all([newPerson(system), newPerson(system)]);
    // The sign-in of somebody new is a try as well.
    for (let count = 1; count < 10; count += 1) await expectProblem(tryIn(victim.email), 'unauthenticated');
    await expectRefused(victim.email);
    await expectRefused(victim.email, victim.password);
    await expectStatus(201, tryIn(other.email, other.password));
    await expectStatus(200, call(url, 'GET /api/users/me', { token: victim.accessToken }));
  });

  it('are counted together, whatever connection, spelling or origin they come with', async () => {
    const { email, password } = await newPerson(system);
    const [name = '', domain = ''] = email.split('@');
    const spellings = [
      email.toUpperCase(),
      `${name.toUpperCase()}@${domain}`,
      `${name}@${domain.toUpperCase()}`,
    ];
    const origins = (count: number): string[] => {
      const address = `198.51.100.${String(count)}`;
      return [`X-Forwarded-For: ${address}`, `X-Real-IP: ${address}`, `Forwarded: for=${address}`];
    };
    const statuses = [];
    for (let count = 0; count < 12; count += 1)
      statuses.push(await tryAlone(spellings[count % spellings.length] ?? email, origins(count)));
    expect(statuses).toEqual([...Array<number>(9).fill(401), 429, 429, 429]);
    await expectRefused(email, password);
    for (const odd of [` ${email}`, `${email} `, `${email}\n`, `${email}\u0000`, `"${email}`])
      await expectProblem(tryIn(odd, password), 'invalid_argument');
  });

  it('at an account that is not there are answered and counted as at one that is', async () => {
    const [nobody, { email }] = [stranger(), await newPerson(system)];
    const told = async (address: string) => {
      const { traceId: _own, ...problem } = await expectProblem(tryIn(address), 'unauthenticated');
      return problem;
    };
    expect(await told(nobody)).toEqual(await told(email));
    const unknown = stranger();
    await exhaust(unknown);
    await exhaust(nobody).catch(() => undefined);
    for (let count = 0; count < 8; count += 1) await tryIn(email);
    expect(await expectRefused(unknown)).toBe(await expectRefused(email));
  });

  it('take as long at an account that is not there', async () => {
    const timed = async (email: string): Promise<number> => {
      const startedAt = performance.now();
      await expectProblem(tryIn(email), 'unauthenticated');
      return performance.now() - startedAt;
    };
    await until(
      async () => {
        const { email } = await newPerson(system);
        const [known, unknown]: [number[], number[]] = [[], []];
        for (let round = 0; round < 5; round += 1) {
          known.push(await timed(email));
          unknown.push(await timed(stranger()));
        }
        const ratio = Math.min(...unknown) / Math.min(...known);
        if (ratio > 1 / 2 && ratio < 2) return true;
        throw new Error(`The quickest of five differ by a factor of ${ratio.toFixed(2)}.`);
      },
      { withinMs: 15_000, what: 'both take as long' },
    );
  });

  describe('from one address at a tight gateway', () => {
    let person: Person;

    beforeAll(async () => {
      person = await newPerson(system);
      await system.control.restart('gateway', { SOUK_RATE_LIMIT: '0.01' });
    });
    afterAll(async () => {
      await system.control.restart('gateway');
    });

    it('end at the limit of the address, for every account and every origin that is claimed', async () => {
      const statuses = await Promise.all(
        Array.from({ length: 40 }, (_, count) =>
          tryAlone(stranger(), [`X-Forwarded-For: 198.51.100.${String(count)}`]),
        ),
      );
      expect(new Set(statuses)).toEqual(new Set([401, 429]));
      await until(async () => (await signIn(system, person)).accessToken !== '', {
        withinMs: 10_000,
        what: 'the address may come again',
      });
    });
  });
});

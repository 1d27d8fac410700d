import { afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { call, need, newPerson, openSystem, until } from '@souk/testkit';

const system = await openSystem();
const suite = need(system, 'kill') ? describe : describe.skip;

const callers = 8;
const backWithinMs = 30_000;

let token: string;

/** What customers see while the registry is away: by the gateway to a service, and from one service to all others. */
const questions = [
  () => call(system.url, 'GET /.well-known/jwks.json'),
  () => call(system.url, 'GET /api/users/me', { token }),
  () => call(system.url, 'GET /openapi.json'),
];

/** Asks without a pause until it is told to stop. */
function underLoad(): { stop(): Promise<{ asked: number; failed: string[] }> } {
  let isOver = false;
  let asked = 0;
  const failed: string[] = [];
  const caller = async (first: number): Promise<void> => {
    for (let at = first; !isOver; at += 1) {
      const question = questions[at % questions.length]!;
      const outcome = await question().then(
        ({ status }) => String(status),
        (error: unknown) => String(error),
      );
      asked += 1;
      if (outcome !== '200') failed.push(`${String(at % questions.length)}: ${outcome}`);
    }
  };
  const running = Array.from({ length: callers }, (_, at) => caller(at));
  return {
    stop: async () => {
      isOver = true;
      await Promise.all(running);
      return { asked, failed };
    },
  };
}

async function passing(): Promise<string[]> {
  const answer = await call<{ ServiceID: string }[]>(
    system.inside.registryUrl,
    'GET /v1/health/state/passing',
  );
  return answer.body.map(({ ServiceID }) => ServiceID).filter((id) => id !== '');
}

const allAreBack = (before: readonly string[]): Promise<true> =>
  until(
    async () => {
      const now = new Set(await passing());
      return before.every((id) => now.has(id));
    },
    { withinMs: backWithinMs, what: 'every instance is registered again' },
  );

suite('without its registry, the system', () => {
  beforeAll(async () => {
    await system.control.ready();
    token = (await newPerson(system)).accessToken;
  });
  // With its own data again: other suites look for what is kept there.
  afterEach(() => system.control.restart('registry'), 120_000);

  it('fails no request while it is killed under load, and knows all again', async () => {
    const before = await passing();
    expect(before.length).toBeGreaterThan(2);
    const pid = (await system.control.pids())['registry'];
    const load = underLoad();
    await system.control.kill('registry', 'SIGKILL');
    await until(
      async () => {
        const now = (await system.control.pids())['registry'];
        return now !== undefined && now !== pid;
      },
      { withinMs: 20_000, what: 'another registry runs' },
    );
    await allAreBack(before);
    const { asked, failed } = await load.stop();
    expect(failed).toEqual([]);
    expect(asked).toBeGreaterThan(callers);
  }, 120_000);

  it('fails no request while it is wiped under load, and registers all again', async () => {
    const before = await passing();
    const load = underLoad();
    const restarted = system.control.restart('registry', { REGISTRY_DATA_DIR: '' });
    await until(async () => (await passing()).length < before.length, {
      withinMs: 20_000,
      what: 'the registry has lost its records',
      everyMs: 5,
    });
    await allAreBack(before);
    await restarted;
    const { asked, failed } = await load.stop();
    expect(failed).toEqual([]);
    expect(asked).toBeGreaterThan(callers);
  }, 120_000);
});

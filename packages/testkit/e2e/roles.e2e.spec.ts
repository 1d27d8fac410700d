import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, it } from '@jest/globals';
import {
  adminToken,
  call,
  documentedRoutes,
  newPerson,
  openSystem,
  type DocumentedRoute,
} from '@souk/testkit';

const system = await openSystem();
const routes = await documentedRoutes(system.url);

type Caller = 'nobody' | 'a user' | 'an administrator';

let tokens: Readonly<Record<Caller, string | undefined>>;

beforeAll(async () => {
  const [admin, person] = await Promise.all([adminToken(system), newPerson(system)]);
  tokens = { nobody: undefined, 'a user': person.accessToken, 'an administrator': admin };
});

/** The refusal of each caller that a route is not for; 0 where it may come in. */
const refusals: Readonly<Record<string, Readonly<Record<Caller, number>>>> = {
  public: { nobody: 0, 'a user': 0, 'an administrator': 0 },
  user: { nobody: 401, 'a user': 0, 'an administrator': 0 },
  admin: { nobody: 401, 'a user': 403, 'an administrator': 0 },
  'self-authenticated': { nobody: 401, 'a user': 401, 'an administrator': 401 },
};

/** Nothing comes of it: ids that nobody has, and bodies that no route takes. */
async function refusalOf({ method, path }: DocumentedRoute, token: string | undefined): Promise<number> {
  const target = `${method} ${path.replace(/\{\w+\}/g, randomUUID())}` as const;
  const { status } = await call(system.url, target, {
    token,
    idempotencyKey: randomUUID(),
    ...(method === 'GET' ? {} : { body: {} }),
  });
  return status === 401 || status === 403 ? status : 0;
}

describe('every documented route', () => {
  it('says whom it is for', () => {
    expect(routes.length).toBeGreaterThanOrEqual(8);
    expect(routes.filter(({ access }) => !Object.hasOwn(refusals, access))).toEqual([]);
    const paths = routes.map(({ path }) => path);
    expect(paths).toEqual(expect.arrayContaining(['/api/users/{id}', '/api/system/communications']));
  });

  it.each(routes.map((route) => ({ ...route })))(
    'lets in whom it is for and nobody else: $method $path, for $access',
    async (route) => {
      const refused = {
        nobody: await refusalOf(route, tokens.nobody),
        'a user': await refusalOf(route, tokens['a user']),
        'an administrator': await refusalOf(route, tokens['an administrator']),
      };
      expect(refused).toEqual(refusals[route.access]);
    },
  );
});

import { isAdmin } from '@souk/comms/auth';
import { ServiceError } from '@souk/comms/errors';
import {
  decodeCursor,
  encodeCursor,
  idParams,
  pageQuery,
  principalOf,
  strictObject,
  type HttpServer,
  isUuid,
} from '@souk/comms/http';
import { refreshSession, signIn, type SessionDeps } from '../use-cases/sign-in.js';
import { refreshBody, registerBody, signInBody, tokens, user, users } from './schemas.js';

export function addRoutes(server: HttpServer, deps: SessionDeps): void {
  addUserRoutes(server, deps);
  addSessionRoutes(server, deps);
}

function addUserRoutes(server: HttpServer, deps: SessionDeps): void {
  const existing = async (id: string) => {
    const found = await deps.users.find(id);
    if (!found) throw new ServiceError('not_found', 'No such user.');
    return found;
  };

  server.post(
    '/api/users',
    { config: { access: 'public' }, schema: { body: registerBody, response: { 201: user } } },
    async (request, reply) => {
      const { email, name, password } = request.body;
      const passwordHash = await deps.passwords.hash(password);
      const made = await deps.users.insert({ email, name, roles: ['user'], passwordHash });
      return reply.code(201).header('location', `/api/users/${made.id}`).send(made);
    },
  );

  server.get(
    '/api/users',
    {
      config: { access: 'admin' },
      schema: { querystring: strictObject(pageQuery), response: { 200: users } },
    },
    async (request) => {
      const { limit, cursor } = request.query;
      const found = await deps.users.list({
        limit: limit + 1,
        ...(cursor === undefined ? {} : { before: idIn(cursor) }),
      });
      const items = found.slice(0, limit);
      const last = found.length > limit ? items.at(-1) : undefined;
      return { items, nextCursor: last ? encodeCursor([last.id]) : null };
    },
  );

  server.get('/api/users/me', { schema: { response: { 200: user } } }, (request) =>
    existing(principalOf(request).userId),
  );

  server.get('/api/users/:id', { schema: { params: idParams, response: { 200: user } } }, async (request) => {
    const principal = principalOf(request);
    const { id } = request.params;
    if (!isAdmin(principal) && principal.userId !== id.toLowerCase())
      throw new ServiceError('not_found', 'No such user.');
    return existing(id);
  });
}

function addSessionRoutes(server: HttpServer, deps: SessionDeps): void {
  const config = { access: 'public' } as const;

  server.post(
    '/api/sessions',
    { config, schema: { body: signInBody, response: { 201: tokens } } },
    async (request, reply) =>
      reply
        .code(201)
        .header('cache-control', 'no-store')
        .send(await signIn(deps, request.body)),
  );

  server.post(
    '/api/sessions/refresh',
    { config, schema: { body: refreshBody, response: { 201: tokens } } },
    async (request, reply) =>
      reply
        .code(201)
        .header('cache-control', 'no-store')
        .send(await refreshSession(deps, request.body.refreshToken)),
  );

  server.delete('/api/sessions/current', async (request, reply) => {
    await deps.sessions.revoke(principalOf(request).sessionId);
    return reply.code(204).send();
  });

  server.get(
    '/.well-known/jwks.json',
    { config: { access: 'public', quiet: true } },
    async (_request, reply) =>
      reply.header('cache-control', 'public, max-age=300').send(deps.keys.published()),
  );
}

function idIn(cursor: string): string {
  const [id] = decodeCursor(cursor, ['string']);
  if (typeof id === 'string' && isUuid(id)) return id;
  throw new ServiceError('invalid_argument', 'The cursor is not one of this list.');
}

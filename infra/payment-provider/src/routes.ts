import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { FastifyInstance, FastifyReply, RawServerDefault } from 'fastify';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { FastifyBaseLogger } from 'fastify';
import Type from 'typebox';
import type { Authorization, Book } from './book.js';
import type { Operations, Outcome } from './operations.js';

export type ProviderServer = FastifyInstance<
  RawServerDefault,
  IncomingMessage,
  ServerResponse,
  FastifyBaseLogger,
  TypeBoxTypeProvider
>;

const amount = Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER });
const strict = { additionalProperties: false };
const authorizeBody = Type.Object(
  {
    paymentId: Type.String({ minLength: 1, maxLength: 64 }),
    amount,
    currency: Type.String({ pattern: '^[A-Z]{3}$' }),
    token: Type.String({ minLength: 1, maxLength: 100 }),
  },
  strict,
);
const refundBody = Type.Object({ amount, key: Type.String({ minLength: 1, maxLength: 64 }) }, strict);
const byId = Type.Object({ id: Type.String() });
/** So many movements after so many, the oldest first. */
const page = Type.Object(
  {
    after: Type.Integer({ minimum: 0, default: 0 }),
    limit: Type.Integer({ minimum: 1, default: Number.MAX_SAFE_INTEGER }),
  },
  strict,
);
const keyed = Type.Object({ 'idempotency-key': Type.String({ minLength: 1, maxLength: 255 }) });

/** The provider's API. Every POST carries the merchant's key; the same operation again answers what it made first. */
export function addRoutes(server: ProviderServer, deps: { book: Book; operations: Operations }): void {
  const { book, operations } = deps;

  server.post(
    '/v1/authorizations',
    { schema: { headers: keyed, body: authorizeBody } },
    async (request, reply) => {
      const outcome = await operations.authorize(request.body);
      if (outcome !== 'lost') return send(reply, outcome);
      reply.hijack();
      operations.hold(request.raw.socket);
      return reply;
    },
  );

  server.get(
    '/v1/authorizations/by-key/:paymentId',
    { schema: { params: Type.Object({ paymentId: Type.String() }) } },
    (request, reply) => sendFound(reply, book.findByPayment(request.params.paymentId)),
  );
  server.get('/v1/authorizations/:id', { schema: { params: byId } }, (request, reply) =>
    sendFound(reply, book.find(request.params.id)),
  );

  for (const operation of ['confirm', 'capture', 'void'] as const) {
    server.post(
      `/v1/authorizations/:id/${operation}`,
      { schema: { params: byId, headers: keyed } },
      (request, reply) => {
        const found = book.find(request.params.id);
        return found ? send(reply, operations[operation](found)) : sendFound(reply, undefined);
      },
    );
  }
  server.post(
    '/v1/authorizations/:id/refunds',
    { schema: { params: byId, headers: keyed, body: refundBody } },
    (request, reply) => {
      const found = book.find(request.params.id);
      return found ? send(reply, operations.refund(found, request.body)) : sendFound(reply, undefined);
    },
  );

  server.get('/v1/statement', { schema: { querystring: page } }, ({ query }) => {
    const movements = book.movements().slice(query.after, query.after + query.limit);
    const next = query.after + movements.length;
    return { movements, next: next < book.movements().length ? next : null };
  });
}

const sendFound = (reply: FastifyReply, found: Authorization | undefined): FastifyReply =>
  found ? reply.send(found) : reply.code(404).send({ code: 'not_found', message: 'Never seen.' });

function send(reply: FastifyReply, outcome: Outcome): FastifyReply {
  if (typeof outcome === 'object') return reply.send(outcome);
  return outcome === 'unavailable'
    ? reply.code(503).send({ code: 'unavailable', message: 'Try again.' })
    : reply.code(409).send({ code: 'conflict', message: 'Not possible in the present state.' });
}

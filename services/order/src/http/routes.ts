import { assertMayRead, isAdmin, type UserPrincipal } from '@souk/comms/auth';
import { ServiceError } from '@souk/comms/errors';
import {
  decodeCursor,
  encodeCursor,
  idempotencyKeyOf,
  idParams,
  pageQuery,
  principalOf,
  sendReply,
  strictObject,
  type HttpServer,
  isUuid,
} from '@souk/comms/http';
import type { OrderReader, OrderView } from '../store/order-reader.js';
import { cancelOrder, type CancelOrderDeps } from '../use-cases/cancel-order.js';
import { placeOrder, type PlaceOrderDeps } from '../use-cases/place-order.js';
import type { EventStreams } from './event-streams.js';
import { order, orders, placeOrderBody } from './schemas.js';

export interface RouteDeps extends PlaceOrderDeps, CancelOrderDeps {
  readonly streams: EventStreams;
}

export function addRoutes(server: HttpServer, deps: RouteDeps): void {
  server.post(
    '/api/orders',
    { schema: { body: placeOrderBody, response: { 201: order } } },
    async (request, reply) =>
      sendReply(
        reply,
        await placeOrder(deps, {
          customerId: principalOf(request).userId,
          idempotencyKey: idempotencyKeyOf(request),
          body: request.body,
        }),
      ),
  );

  server.get(
    '/api/orders',
    { schema: { querystring: strictObject(pageQuery), response: { 200: orders } } },
    async (request) => {
      const principal = principalOf(request);
      const { limit, cursor } = request.query;
      const items = await deps.reader.list({
        limit: limit + 1,
        ...(isAdmin(principal) ? {} : { customerId: principal.userId }),
        ...(cursor === undefined ? {} : { before: lastIdOf(cursor) }),
      });
      const page = items.slice(0, limit);
      const last = items.length > limit ? page.at(-1) : undefined;
      return { items: page, nextCursor: last ? encodeCursor([last.id]) : null };
    },
  );

  server.get('/api/orders/:id', { schema: { params: idParams, response: { 200: order } } }, (request) =>
    readable(deps.reader, principalOf(request), request.params.id),
  );

  server.post(
    '/api/orders/:id/cancel',
    { schema: { params: idParams, response: { 202: order } } },
    async (request, reply) =>
      sendReply(
        reply,
        await cancelOrder(deps, {
          principal: principalOf(request),
          orderId: request.params.id,
          idempotencyKey: idempotencyKeyOf(request),
        }),
      ),
  );

  server.get(
    '/api/orders/:id/events',
    { config: { streams: true }, schema: { params: idParams, produces: ['text/event-stream'] } },
    async (request, reply) => {
      const principal = principalOf(request);
      await readable(deps.reader, principal, request.params.id);
      deps.streams.open(request, reply, { orderId: request.params.id, untilMs: principal.expiresAtMs });
      return reply;
    },
  );
}

function lastIdOf(cursor: string): string {
  const [id] = decodeCursor(cursor, ['string']);
  if (typeof id !== 'string' || !isUuid(id))
    throw new ServiceError('invalid_argument', 'The cursor is not one of this list.');
  return id;
}

async function readable(reader: OrderReader, principal: UserPrincipal, id: string): Promise<OrderView> {
  const found = await reader.find(id);
  if (!found) throw new ServiceError('not_found', 'No such order.');
  assertMayRead(principal, found.customerId, 'order');
  return found;
}

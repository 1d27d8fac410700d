import { assertMayRead, isAdmin } from '@souk/comms/auth';
import { ServiceError } from '@souk/comms/errors';
import {
  idempotencyKeyOf,
  idParams,
  pageQuery,
  principalOf,
  sendReply,
  strictObject,
  Type,
  uuid,
  type HttpServer,
} from '@souk/comms/http';
import type { PaymentReader } from '../store/payment-reader.js';
import { confirmPayment, type ConfirmPaymentDeps } from '../use-cases/confirm-payment.js';
import { refundPayment, type RefundPaymentDeps } from '../use-cases/refund-payment.js';
import { lastIdOf, pageOf } from './pages.js';
import { payment, payments, refund, refundBody } from './schemas.js';

export interface PaymentRouteDeps extends ConfirmPaymentDeps, RefundPaymentDeps {
  readonly reader: PaymentReader;
}

const listQuery = strictObject({ ...pageQuery, orderId: Type.Optional(uuid()) });

export function addPaymentRoutes(server: HttpServer, deps: PaymentRouteDeps): void {
  server.get(
    '/api/payments',
    { schema: { querystring: listQuery, response: { 200: payments } } },
    async (request) => {
      const principal = principalOf(request);
      const { limit, cursor, orderId } = request.query;
      const found = await deps.reader.list({
        limit: limit + 1,
        ...(isAdmin(principal) ? {} : { customerId: principal.userId }),
        ...(orderId === undefined ? {} : { orderId }),
        ...(cursor === undefined ? {} : { before: lastIdOf(cursor) }),
      });
      return pageOf(found, limit);
    },
  );

  server.get(
    '/api/payments/:id',
    { schema: { params: idParams, response: { 200: payment } } },
    async (request) => {
      const found = await deps.reader.find(request.params.id);
      if (!found) throw new ServiceError('not_found', 'No such payment.');
      assertMayRead(principalOf(request), found.customerId, 'payment');
      return found;
    },
  );

  server.post(
    '/api/payments/:id/confirm',
    { schema: { params: idParams, response: { 200: payment } } },
    async (request, reply) =>
      sendReply(
        reply,
        await confirmPayment(deps, {
          principal: principalOf(request),
          paymentId: request.params.id,
          idempotencyKey: idempotencyKeyOf(request),
        }),
      ),
  );

  server.post(
    '/api/payments/:id/refunds',
    {
      config: { access: 'admin' },
      schema: { params: idParams, body: refundBody, response: { 201: refund } },
    },
    async (request, reply) =>
      sendReply(
        reply,
        await refundPayment(deps, {
          adminId: principalOf(request).userId,
          paymentId: request.params.id,
          idempotencyKey: idempotencyKeyOf(request),
          body: request.body,
        }),
      ),
  );
}

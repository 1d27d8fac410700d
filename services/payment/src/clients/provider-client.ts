import { ServiceError } from '@souk/comms/errors';
import type { HttpAnswer, HttpClient } from '@souk/comms/http';
import Type, { type Static } from 'typebox';
import { Value } from 'typebox/value';
import type { PaymentState, Refund } from '../domain/payment.js';
import type { Movement } from '../domain/reconciliation.js';

const authorization = Type.Object({
  id: Type.String(),
  paymentId: Type.String(),
  amount: Type.Integer(),
  currency: Type.String(),
  status: Type.Enum(['authorized', 'declined', 'requires_action', 'captured', 'voided']),
  reason: Type.Union([Type.String(), Type.Null()]),
  refunds: Type.Array(Type.Object({ key: Type.String(), amount: Type.Integer() })),
});

const statementPage = Type.Object({
  movements: Type.Array(
    Type.Object({
      kind: Type.String(),
      paymentId: Type.String(),
      amount: Type.Integer(),
      currency: Type.String(),
    }),
  ),
  /** Where the next page begins. */
  next: Type.Union([Type.Integer(), Type.Null()]),
});

/** What the provider knows of a payment. */
export type Authorization = Static<typeof authorization>;

/** The provider's answer to an operation: the payment as it is now, or a refusal that changed nothing. */
export type Answer = { readonly authorization: Authorization } | { readonly refused: string };

/** Every call is keyed, so that the provider does it once however often it is sent. Throws when no answer came. */
export interface ProviderClient {
  /** Undefined when the provider has never seen this payment. */
  ask(payment: PaymentState): Promise<Authorization | undefined>;
  authorize(payment: PaymentState): Promise<Answer>;
  confirm(payment: PaymentState): Promise<Answer>;
  capture(payment: PaymentState): Promise<Answer>;
  void(payment: PaymentState): Promise<Answer>;
  refund(payment: PaymentState, refund: Refund): Promise<Answer>;
  /** Everything that ever happened at the provider, in its order. */
  statement(): Promise<readonly Movement[]>;
}

const timeoutMs = 5000;

/** @param pageSize how many movements of the statement are asked for at once: all of them would one day be too many */
export function createProviderClient(http: HttpClient, apiKey: string, pageSize = 1000): ProviderClient {
  const authorized = { authorization: `Bearer ${apiKey}` };
  const send = async (
    payment: PaymentState,
    operation: string,
    call: { path: string; route: string; body?: unknown },
  ) => {
    const headers = { ...authorized, 'idempotency-key': `${payment.id}:${operation}` };
    return answerOf(payment, await http.call({ method: 'POST', headers, timeoutMs, ...call }));
  };
  const onAuthorization = (operation: 'confirm' | 'capture' | 'void') => (payment: PaymentState) =>
    send(payment, operation, {
      path: `/v1/authorizations/${payment.providerId ?? ''}/${operation}`,
      route: `/v1/authorizations/:id/${operation}`,
    });
  return {
    ask: async (payment) => {
      const route = '/v1/authorizations/by-key/:paymentId';
      const path = `/v1/authorizations/by-key/${payment.id}`;
      const answer = await http.call({ method: 'GET', path, route, headers: authorized, timeoutMs });
      return answer.status === 404 ? undefined : authorizationIn(payment, answer);
    },
    authorize: (payment) => {
      const { id: paymentId, amount, currency, token } = payment;
      const route = '/v1/authorizations';
      return send(payment, 'authorize', { path: route, route, body: { paymentId, amount, currency, token } });
    },
    confirm: onAuthorization('confirm'),
    capture: onAuthorization('capture'),
    void: onAuthorization('void'),
    refund: (payment, { id: key, amount }) =>
      send(payment, `refund:${key}`, {
        path: `/v1/authorizations/${payment.providerId ?? ''}/refunds`,
        route: '/v1/authorizations/:id/refunds',
        body: { amount, key },
      }),
    statement: async () => {
      const route = '/v1/statement';
      const movements: Movement[] = [];
      for (let after: number | null = 0; after !== null;) {
        const path = `${route}?after=${String(after)}&limit=${String(pageSize)}`;
        const answer = await http.call({ method: 'GET', path, route, headers: authorized, timeoutMs });
        if (answer.status !== 200 || !Value.Check(statementPage, answer.body)) throw unexpected(answer);
        movements.push(...answer.body.movements);
        after = answer.body.next;
      }
      return movements;
    },
  };
}

function answerOf(payment: PaymentState, answer: HttpAnswer): Answer {
  const isRefusal = answer.status === 400 || answer.status === 409 || answer.status === 422;
  return isRefusal
    ? { refused: messageIn(answer.body) }
    : { authorization: authorizationIn(payment, answer) };
}

/** An answer that is not about what was asked is none: it may have been mixed up on its way. */
function authorizationIn(asked: PaymentState, answer: HttpAnswer): Authorization {
  const { status, body } = answer;
  const isAbout =
    status === 200 &&
    Value.Check(authorization, body) &&
    body.paymentId === asked.id &&
    body.amount === asked.amount &&
    body.currency === asked.currency;
  if (isAbout) return body;
  throw unexpected(answer);
}

const unexpected = ({ status }: HttpAnswer): ServiceError =>
  new ServiceError('bad_gateway', 'The payment provider answered with something unexpected.', {
    cause: new Error(`HTTP ${String(status)}`),
  });

const messageIn = (body: unknown): string =>
  typeof body === 'object' && body !== null && 'message' in body && typeof body.message === 'string'
    ? body.message.slice(0, 200)
    : 'refused by the payment provider';

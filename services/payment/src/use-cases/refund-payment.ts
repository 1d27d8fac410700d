import { ServiceError } from '@souk/comms/errors';
import { fingerprintOf, type Claim, type Idempotency, type Reply } from '@souk/comms/outbox';
import { decided, askRefund } from '../domain/decisions.js';
import { refundable, type Money } from '../domain/payment.js';
import type { PaymentStore } from '../store/payment-store.js';
import type { OperationWorker } from './operation-worker.js';

export interface RefundPaymentDeps {
  readonly idempotency: Idempotency;
  readonly store: PaymentStore;
  readonly worker: OperationWorker;
}

export interface RefundPayment {
  readonly adminId: string;
  readonly paymentId: string;
  readonly idempotencyKey: string;
  /** Without an amount, all that is left. */
  readonly body: { readonly amount?: Money; readonly reason: string };
}

const triesAgainstRaces = 5;

/** Writes down that an amount is given back, which keeps it from being promised twice; the worker then gives it. */
export async function refundPayment(deps: RefundPaymentDeps, command: RefundPayment): Promise<Reply> {
  const request = {
    principal: command.adminId,
    route: 'POST /api/payments/:id/refunds',
    key: command.idempotencyKey,
    fingerprint: fingerprintOf('POST', `/api/payments/${command.paymentId}/refunds`, command.body),
  };
  return deps.idempotency.run(request, (claim) => refundOnce(deps, command, claim));
}

async function refundOnce(deps: RefundPaymentDeps, command: RefundPayment, claim: Claim): Promise<Reply> {
  const { amount: asked, reason } = command.body;
  for (let attempt = 0; attempt < triesAgainstRaces; attempt += 1) {
    const payment = await deps.store.load(command.paymentId);
    if (!payment) throw new ServiceError('not_found', 'No such payment.');
    const { currency } = payment;
    const left = refundable(payment);
    const refund = { id: claim.resourceId, amount: asked?.amount ?? left, reason };
    const decision = (asked?.currency ?? currency) === currency ? askRefund(payment, refund) : undefined;
    if (!decision)
      throw new ServiceError(
        'conflict',
        `At most ${String(left)} ${currency} (minor units) can be refunded.`,
      );

    const money = { amount: refund.amount, currency };
    const createdAt = new Date().toISOString();
    const body = {
      id: refund.id,
      paymentId: payment.id,
      amount: money,
      status: 'pending',
      reason,
      createdAt,
    };
    const isFirst = decision.changes.wanted === 'refund';
    const place = isFirst ? deps.worker.reserve() : undefined;
    const reply = { status: 201, body };
    try {
      const lease = isFirst ? (place ?? 'free') : 'keep';
      const outcome = await deps.store.save({ payment, decision, lease }, { kind: 'command', claim, reply });
      if (outcome === 'applied') {
        place?.work(decided(payment, decision, place.owner));
        return reply;
      }
      if (outcome !== 'stale') break;
    } finally {
      place?.release();
    }
  }
  throw new ServiceError('in_flight', 'The payment is changing at this moment: ask again.', {
    retryAfterSeconds: 1,
  });
}

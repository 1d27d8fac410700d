import { ServiceError } from '@souk/comms/errors';
import { fingerprintOf, type Claim, type Idempotency, type Reply } from '@souk/comms/outbox';
import type { Failpoint } from '@souk/comms/resilience';
import { currentTraceId } from '@souk/comms/telemetry';
import { uuidv7 } from 'uuidv7';
import type { ProductClient } from '../clients/product-client.js';
import type { NewOrder, ShippingAddress } from '../domain/order.js';
import { totalOf } from '../domain/pricing.js';
import { placedMessage } from '../store/messages.js';
import type { OrderStore } from '../store/order-store.js';
import { viewOfNew } from './view-of-new.js';

export interface PlaceOrder {
  readonly customerId: string;
  readonly idempotencyKey: string;
  readonly body: {
    readonly items: readonly { readonly productId: string; readonly quantity: number }[];
    readonly paymentMethod: { readonly token: string };
    readonly shippingAddress: ShippingAddress;
  };
}

export interface PlaceOrderDeps {
  readonly idempotency: Idempotency;
  readonly product: ProductClient;
  readonly store: OrderStore;
  readonly deadlineSeconds: number;
  readonly failpoint: Failpoint | undefined;
}

const route = 'POST /api/orders';

/**
 * Reserves and prices the lines, then writes the order, its first event and the reply in one statement.
 * The claim fixes the order's id before anything remote happens, so that a repeat finds the same reservation.
 */
export async function placeOrder(deps: PlaceOrderDeps, command: PlaceOrder): Promise<Reply> {
  assertEachProductOnce(command.body.items);
  const request = {
    principal: command.customerId,
    route,
    key: command.idempotencyKey,
    fingerprint: fingerprintOf('POST', '/api/orders', command.body),
  };
  return deps.idempotency.run(request, async (claim) => {
    const order = await priced(deps, command, claim.resourceId);
    return write(deps, order, claim);
  });
}

async function priced(deps: PlaceOrderDeps, { customerId, body }: PlaceOrder, id: string): Promise<NewOrder> {
  const lines = await deps.product.reserve(id, body.items);
  const total = totalOf(lines);
  if (!total) {
    await deps.product.release(id);
    throw new ServiceError(
      'unprocessable',
      'The products of one order must be priced in one currency and cost something.',
    );
  }
  return {
    id,
    customerId,
    status: 'pending',
    version: 1,
    paymentId: uuidv7(),
    paymentStatus: 'processing',
    lines,
    total,
    paymentToken: body.paymentMethod.token,
    shippingAddress: body.shippingAddress,
  };
}

async function write(deps: PlaceOrderDeps, order: NewOrder, claim: Claim): Promise<Reply> {
  const createdAt = new Date();
  const reply = {
    status: 201,
    headers: { location: `/api/orders/${order.id}` },
    body: viewOfNew(order, createdAt),
  };
  await deps.failpoint?.('order.before-commit');
  const outcome = await deps.store.insert(order, {
    cause: { kind: 'command', claim, reply },
    createdAt,
    deadlineInSeconds: deps.deadlineSeconds,
    step: {
      type: 'OrderPlaced',
      service: 'order',
      status: 'pending',
      isChange: true,
      traceId: currentTraceId() ?? '',
      at: createdAt,
    },
    message: placedMessage(order),
  });
  await deps.failpoint?.('order.after-commit-before-reply');
  if (outcome === 'applied') return reply;
  throw new ServiceError(
    'in_flight',
    'The same request is being worked on elsewhere: ask again in a moment.',
    {
      retryAfterSeconds: 1,
    },
  );
}

function assertEachProductOnce(items: PlaceOrder['body']['items']): void {
  const seen = new Set<string>();
  const issues = items.flatMap(({ productId }, index) => {
    const id = productId.toLowerCase();
    const isRepeat = seen.has(id);
    seen.add(id);
    return isRepeat
      ? [{ path: `/items/${String(index)}/productId`, message: 'stands in the order twice' }]
      : [];
  });
  if (issues.length > 0) {
    throw new ServiceError('invalid_argument', 'Name each product once and set its quantity.', { issues });
  }
}

import { createMessage, type OutboxMessage } from '@souk/comms/outbox';
import {
  ProductChanged,
  ProductCreated,
  StockCommitted,
  StockReleased,
  StockReserved,
  StockSet,
} from '@souk/contracts/product/v1/events';
import type { ProductDetails } from '../domain/product.js';
import type { WantedLine } from '../domain/reservation.js';

const topic = 'product.events.v1';

const message = (
  subject: string,
  version: number,
  fact: { type: string; payload: Uint8Array },
): OutboxMessage =>
  createMessage({ topic, subject, version, type: `souk.product.v1.${fact.type}`, payload: fact.payload });

const linesOf = (lines: readonly WantedLine[]) =>
  lines.map(({ productId, quantity }) => ({ productId, quantity }));

export const productCreated = (productId: string, { sku, name, price }: ProductDetails): OutboxMessage =>
  message(productId, 1, {
    type: 'ProductCreated',
    payload: ProductCreated.encode({ productId, sku, name, price }).finish(),
  });

export const productChanged = (
  productId: string,
  version: number,
  { name, price }: Pick<ProductDetails, 'name' | 'price'>,
) =>
  message(productId, version, {
    type: 'ProductChanged',
    payload: ProductChanged.encode({ productId, name, price }).finish(),
  });

export const stockSet = (productId: string, version: number, onHand: number): OutboxMessage =>
  message(productId, version, { type: 'StockSet', payload: StockSet.encode({ productId, onHand }).finish() });

export const stockReserved = (reservationId: string, lines: readonly WantedLine[]): OutboxMessage =>
  message(reservationId, 1, {
    type: 'StockReserved',
    payload: StockReserved.encode({ reservationId, lines: linesOf(lines) }).finish(),
  });

export const stockCommitted = (
  reservationId: string,
  version: number,
  lines: readonly WantedLine[],
): OutboxMessage =>
  message(reservationId, version, {
    type: 'StockCommitted',
    payload: StockCommitted.encode({ reservationId, lines: linesOf(lines) }).finish(),
  });

export const stockReleased = (
  reservation: { id: string; version: number; lines: readonly WantedLine[] },
  reason: string,
): OutboxMessage =>
  message(reservation.id, reservation.version, {
    type: 'StockReleased',
    payload: StockReleased.encode({
      reservationId: reservation.id,
      lines: linesOf(reservation.lines),
      reason,
    }).finish(),
  });

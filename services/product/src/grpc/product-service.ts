import { ServiceError } from '@souk/comms/errors';
import { isUuid } from '@souk/comms/http';
import type { Callers, Implementation } from '@souk/comms/grpc';
import type { ProductServiceDefinition } from '@souk/contracts/product/v1';
import type pg from 'pg';
import type { Catalogue } from '../store/catalogue.js';
import { formatPosition, parsePosition } from '../store/position.js';
import { listProducts } from '../store/product-list.js';
import { endReservation, type EndReservationDeps } from '../use-cases/end-reservation.js';
import { reserveStock } from '../use-cases/reserve-stock.js';

/** Which services may ask what. */
export const callers: Callers<ProductServiceDefinition> = {
  getProduct: ['order', 'payment', 'identity', 'system'],
  listProducts: ['order', 'payment', 'identity', 'system'],
  reserveStock: ['order'],
  releaseReservation: ['order'],
};

const mostLines = 50;
function assertUuid(value: string, path: string): void {
  if (isUuid(value)) return;
  throw new ServiceError('invalid_argument', `${path} must be a UUID.`, {
    issues: [{ path, message: 'must be a UUID' }],
  });
}

export const productService = (
  deps: EndReservationDeps & { readonly catalogue: Catalogue; readonly pool: pg.Pool },
): Implementation<ProductServiceDefinition> => ({
  getProduct: async ({ id }) => {
    assertUuid(id, '/id');
    const product = await deps.catalogue.find(id);
    if (!product) throw new ServiceError('not_found', 'No such product.');
    return product;
  },
  listProducts: async ({ search, category, pageSize, pageToken }) => {
    if (pageSize < 0 || pageSize > 100)
      throw new ServiceError('invalid_argument', 'page_size must be 1 to 100, or 0 for 20.');
    const page = await listProducts(deps.pool, {
      sort: 'name',
      limit: pageSize === 0 ? 20 : pageSize,
      ...(search === '' ? {} : { search }),
      ...(category === '' ? {} : { category }),
      ...(pageToken === '' ? {} : { after: parsePosition(pageToken) }),
    });
    return { products: page.items, nextPageToken: page.next ? formatPosition(page.next) : '' };
  },
  reserveStock: async ({ reservationId, lines }) => {
    assertUuid(reservationId, '/reservation_id');
    if (lines.length < 1 || lines.length > mostLines)
      throw new ServiceError('invalid_argument', 'A reservation has 1 to 50 lines.');
    lines.forEach(({ productId, quantity }, index) => {
      assertUuid(productId, `/lines/${String(index)}/product_id`);
      if (quantity < 1) throw new ServiceError('invalid_argument', 'A quantity must be at least 1.');
    });
    if (new Set(lines.map(({ productId }) => productId.toLowerCase())).size !== lines.length) {
      throw new ServiceError('invalid_argument', 'A product may stand in a reservation once only.');
    }
    return { id: reservationId, lines: await reserveStock(deps.store, reservationId, lines) };
  },
  releaseReservation: async ({ reservationId }) => {
    assertUuid(reservationId, '/reservation_id');
    await endReservation(deps, {
      id: reservationId,
      to: 'released',
      reason: 'given back',
      cause: { kind: 'internal' },
    });
    return {};
  },
});

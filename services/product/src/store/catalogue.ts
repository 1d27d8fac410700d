import { ServiceError } from '@souk/comms/errors';
import { caused, isDuplicate, write, type WriteOutcome } from '@souk/comms/outbox';
import type pg from 'pg';
import type { ProductDetails, ProductView, StockLevel } from '../domain/product.js';
import { productChanged, productCreated, stockSet } from './messages.js';

export interface Catalogue {
  find(id: string): Promise<ProductView | undefined>;
  /** @throws `already_exists` when the SKU is taken */
  create(id: string, details: ProductDetails & { imageUrl: string }): Promise<ProductView>;
  /** @returns undefined when the product is no longer at `version` */
  change(product: ProductView, changes: Partial<ProductDetails>): Promise<ProductView | undefined>;
  /** @throws `not_found`; `conflict` when less than what is reserved */
  setStock(id: string, onHand: number): Promise<StockLevel>;
}

/** @param onWritten told after each write, so that what it made goes out at once */
export function createCatalogue(pool: pg.Pool, onWritten: () => void): Catalogue {
  const told = (outcome: WriteOutcome): boolean => {
    if (outcome === 'applied') onWritten();
    return outcome === 'applied';
  };
  const row = async (id: string): Promise<Row | undefined> => {
    const { rows } = await pool.query<Row>({
      name: 'product/find',
      text: `select p.id, p.sku, p.name, p.description, p.category, p.image_url, p.price_amount::float8, p.currency,
          p.version, p.event_version, s.on_hand, s.reserved
        from product p join stock s on s.product_id = p.id where p.id = $1`,
      values: [id],
    });
    return rows[0];
  };
  return {
    find: async (id) => {
      const found = await row(id);
      return found ? viewOf(found) : undefined;
    },
    create: async (id, details) => {
      const { sku, name, description, category, price, imageUrl } = details;
      try {
        const outcome = await write(pool, {
          name: 'product/create',
          cause: { kind: 'internal' },
          effects: [
            (
              bind,
            ) => `insert into product (id, sku, name, description, category, image_url, price_amount, currency)
              select ${bind(id)}::uuid, ${bind(sku)}::text, ${bind(name)}::text, ${bind(description)}::text, ${bind(category)}::text,
                ${bind(imageUrl)}::text, ${bind(price.amount)}::bigint, ${bind(price.currency)}::text where ${caused}`,
            (bind) => `insert into stock (product_id) select ${bind(id)}::uuid where ${caused}`,
          ],
          messages: [productCreated(id, details)],
        });
        told(outcome);
      } catch (error) {
        if (isTakenSku(error)) {
          throw new ServiceError('already_exists', `There is a product with SKU ${sku} already.`, {
            cause: error,
          });
        }
        throw error;
      }
      return { id, ...details, available: 0, version: 1 };
    },
    change: async (product, changes) => {
      const current = await row(product.id);
      if (current?.version !== product.version) return undefined;
      const next = { ...product, ...changes, version: product.version + 1 };
      const outcome = await write(pool, {
        name: 'product/change',
        cause: { kind: 'internal' },
        guard: (
          bind,
        ) => `select 1 from product where id = ${bind(product.id)}::uuid and version = ${bind(product.version)}::integer
          and event_version = ${bind(current.event_version)}::integer for update`,
        effects: [
          (
            bind,
          ) => `update product set name = ${bind(next.name)}::text, description = ${bind(next.description)}::text,
            category = ${bind(next.category)}::text, image_url = ${bind(next.imageUrl)}::text,
            price_amount = ${bind(next.price.amount)}::bigint, currency = ${bind(next.price.currency)}::text,
            version = version + 1, event_version = event_version + 1 where id = ${bind(product.id)}::uuid and ${caused}`,
        ],
        messages: [productChanged(product.id, current.event_version + 1, next)],
      });
      return told(outcome) ? next : undefined;
    },
    setStock: async (id, onHand) => {
      const current = await row(id);
      if (!current) throw new ServiceError('not_found', 'No such product.');
      const outcome = await write(pool, {
        name: 'product/set-stock',
        cause: { kind: 'internal' },
        guard: (bind) => `select s.shipped from product p join stock s on s.product_id = p.id
          where p.id = ${bind(id)}::uuid and p.event_version = ${bind(current.event_version)}::integer
            and s.reserved <= ${bind(onHand)}::integer for update`,
        effects: [
          (bind) =>
            `update stock set on_hand = ${bind(onHand)}::integer where product_id = ${bind(id)}::uuid and ${caused}`,
          (bind) =>
            `update product set event_version = event_version + 1 where id = ${bind(id)}::uuid and ${caused}`,
          (bind) => `insert into stock_set (product_id, on_hand, shipped_before)
            select ${bind(id)}::uuid, ${bind(onHand)}::integer, shipped from guard where ${caused}`,
        ],
        messages: [stockSet(id, current.event_version + 1, onHand)],
      });
      const level = (await row(id)) ?? current;
      if (told(outcome)) return { onHand, reserved: level.reserved, available: onHand - level.reserved };
      const why =
        level.reserved > onHand
          ? `${String(level.reserved)} are reserved for orders`
          : 'it is changing at this moment: ask again';
      throw new ServiceError('conflict', `The stock cannot be set to ${String(onHand)}: ${why}.`);
    },
  };
}

interface Row {
  readonly id: string;
  readonly sku: string;
  readonly name: string;
  readonly description: string;
  readonly category: string;
  readonly image_url: string;
  readonly price_amount: number;
  readonly currency: string;
  readonly version: number;
  readonly event_version: number;
  readonly on_hand: number;
  readonly reserved: number;
}

const viewOf = (product: Row): ProductView => ({
  id: product.id,
  sku: product.sku,
  name: product.name,
  description: product.description,
  category: product.category,
  imageUrl: product.image_url,
  price: { amount: product.price_amount, currency: product.currency },
  available: product.on_hand - product.reserved,
  version: product.version,
});

const isTakenSku = (error: unknown): boolean => isDuplicate(error, 'product_sku_key');

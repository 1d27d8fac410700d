import { createHash } from 'node:crypto';
import { ServiceError } from '@souk/comms/errors';
import type { Bind } from '@souk/comms/outbox';
import type pg from 'pg';
import type { ProductView, Sort } from '../domain/product.js';
import type { Position } from './position.js';

export interface ListQuery {
  readonly search?: string;
  readonly category?: string;
  readonly sort: Sort;
  readonly limit: number;
  /** Where the page starts: the position that the page before gave. */
  readonly after?: Position;
}

export interface Page {
  readonly items: ProductView[];
  readonly next: Position | undefined;
}

/** What a list is sorted by, as text that Postgres reads back without loss. */
const orders = {
  name: { value: 'lower(p.name)', type: 'text', direction: 'asc' },
  price: { value: 'p.price_amount', type: 'bigint', direction: 'asc' },
  '-price': { value: 'p.price_amount', type: 'bigint', direction: 'desc' },
  newest: { value: 'p.id', type: 'uuid', direction: 'desc' },
} as const;

interface Row {
  readonly id: string;
  readonly sku: string;
  readonly name: string;
  readonly description: string;
  readonly category: string;
  readonly image_url: string;
  readonly price_amount: string;
  readonly currency: string;
  readonly version: number;
  readonly available: number;
  readonly rank: number;
  readonly value: string;
}

/** One page by keyset: rows that come or go elsewhere neither repeat nor hide others. */
export async function listProducts(pool: pg.Pool, query: ListQuery): Promise<Page> {
  const list = fingerprintOf(query);
  if (query.after && query.after[0] !== list) {
    throw new ServiceError(
      'invalid_argument',
      'The cursor belongs to a list with another search, category or sort.',
      {
        issues: [{ path: '/cursor', message: 'must be the nextCursor of the same query' }],
      },
    );
  }
  const values: unknown[] = [];
  const { rows } = await pool.query<Row>(
    textOf(query, (value) => `$${String(values.push(value))}`),
    values,
  );
  const items = rows.slice(0, query.limit);
  const last = rows.length > query.limit ? items.at(-1) : undefined;
  return { items: items.map(viewOf), next: last && [list, last.rank, last.value, last.id] };
}

function textOf(query: ListQuery, bind: Bind): string {
  const { value, type, direction } = orders[query.sort];
  const pattern =
    query.search === undefined ? undefined : bind(`%${query.search.replace(/[\\%_]/g, '\\$&')}%`);
  const rank = pattern === undefined ? '0' : `case when p.name ilike ${pattern} then 0 else 1 end`;
  const conditions = [
    ...(pattern === undefined
      ? []
      : [`(p.name ilike ${pattern} or p.sku ilike ${pattern} or p.description ilike ${pattern})`]),
    ...(query.category === undefined ? [] : [`p.category = ${bind(query.category)}`]),
  ];
  const where = conditions.length > 0 ? `where ${conditions.join(' and ')}` : '';
  return `select * from (
      select p.id, p.sku, p.name, p.description, p.category, p.image_url, p.price_amount, p.currency, p.version,
        s.on_hand - s.reserved as available, ${rank} as rank, ${value} as sort_value, (${value})::text as value
      from product p join stock s on s.product_id = p.id ${where}
    ) as found ${query.after ? `where ${afterOf(query.after, { type, direction, bind })}` : ''}
    order by rank, sort_value ${direction}, id limit ${bind(query.limit + 1)}::integer`;
}

function afterOf(
  [, rank, value, id]: Position,
  { type, direction, bind }: { type: string; direction: 'asc' | 'desc'; bind: Bind },
): string {
  const r = `${bind(rank)}::integer`;
  const v = `${bind(value)}::${type}`;
  const beyond = direction === 'asc' ? '>' : '<';
  return `(rank > ${r} or (rank = ${r} and (sort_value ${beyond} ${v} or (sort_value = ${v} and id > ${bind(id)}::uuid))))`;
}

const fingerprintOf = ({ search, category, sort }: ListQuery): string =>
  createHash('sha256')
    .update(JSON.stringify([search, category, sort]))
    .digest('base64url')
    .slice(0, 12);

const viewOf = (row: Row): ProductView => ({
  id: row.id,
  sku: row.sku,
  name: row.name,
  description: row.description,
  category: row.category,
  imageUrl: row.image_url,
  price: { amount: Number(row.price_amount), currency: row.currency },
  available: row.available,
  version: row.version,
});

import { ServiceError } from '@souk/comms/errors';
import { idParams, Type, type HttpServer } from '@souk/comms/http';
import type pg from 'pg';
import { uuidv7 } from 'uuidv7';
import type { Catalogue } from '../store/catalogue.js';
import { formatPosition, parsePosition } from '../store/position.js';
import { listProducts } from '../store/product-list.js';
import { assertMatches, etagOf, names } from './etag.js';
import { pictureOf } from './picture.js';
import { changeBody, createBody, listQuery, product, products, stockBody, stockLevel } from './schemas.js';

export function addRoutes(
  server: HttpServer,
  { catalogue, pool }: { catalogue: Catalogue; pool: pg.Pool },
): void {
  const existing = async (id: string) => {
    const found = await catalogue.find(id);
    if (!found) throw new ServiceError('not_found', 'No such product.');
    return found;
  };

  server.get(
    '/api/products',
    { config: { access: 'public' }, schema: { querystring: listQuery, response: { 200: products } } },
    async (request) => {
      const { cursor, ...query } = request.query;
      const page = await listProducts(pool, {
        ...query,
        ...(cursor === undefined ? {} : { after: parsePosition(cursor) }),
      });
      return { items: page.items, nextCursor: page.next ? formatPosition(page.next) : null };
    },
  );

  server.get(
    '/api/products/:id',
    {
      config: { access: 'public' },
      schema: {
        params: idParams,
        response: { 200: product, 304: Type.Unsafe<undefined>({ description: 'You have it.' }) },
      },
    },
    async (request, reply) => {
      const found = await existing(request.params.id);
      reply.header('etag', etagOf(found.version));
      const known = request.headers['if-none-match'];
      if (known !== undefined && names(known, found.version)) return reply.code(304).send(undefined);
      return reply.send(found);
    },
  );

  server.get(
    '/api/products/:id/picture',
    { config: { access: 'public', quiet: true }, schema: { params: idParams } },
    async (request, reply) =>
      reply
        .type('image/svg+xml')
        .header('cache-control', 'public, max-age=3600')
        .send(pictureOf(await existing(request.params.id))),
  );

  server.post(
    '/api/products',
    { config: { access: 'admin' }, schema: { body: createBody, response: { 201: product } } },
    async (request, reply) => {
      const id = uuidv7();
      const made = await catalogue.create(id, { imageUrl: `/api/products/${id}/picture`, ...request.body });
      return reply.code(201).header('location', `/api/products/${id}`).header('etag', etagOf(1)).send(made);
    },
  );

  server.patch(
    '/api/products/:id',
    {
      config: { access: 'admin' },
      schema: { params: idParams, body: changeBody, response: { 200: product } },
    },
    async (request, reply) => {
      const found = await existing(request.params.id);
      assertMatches(request.headers['if-match'], found.version);
      const changed = await catalogue.change(found, request.body);
      if (!changed)
        throw new ServiceError(
          'precondition_failed',
          'The product has changed since you read it: read it again.',
        );
      return reply.header('etag', etagOf(changed.version)).send(changed);
    },
  );

  server.put(
    '/api/products/:id/stock',
    {
      config: { access: 'admin' },
      schema: { params: idParams, body: stockBody, response: { 200: stockLevel } },
    },
    (request) => catalogue.setStock(request.params.id, request.body.onHand),
  );
}

import { listOf, money, pageQuery, strictObject, text, Type, uuid } from '@souk/comms/http';

const imageUrl = Type.String({ format: 'uri-reference', maxLength: 500 });

const details = {
  name: text(200),
  description: text(2000),
  category: text(50),
  price: money(),
  imageUrl: Type.Optional(imageUrl),
};

export const createBody = strictObject({
  sku: Type.String({ pattern: '^[A-Za-z0-9._-]{1,50}$' }),
  ...details,
});

export const changeBody = Type.Partial(strictObject(details), {
  additionalProperties: false,
  minProperties: 1,
});

export const stockBody = strictObject({ onHand: Type.Integer({ minimum: 0, maximum: 1_000_000_000 }) });

export const listQuery = strictObject({
  ...pageQuery,
  search: Type.Optional(text(100)),
  category: Type.Optional(text(50)),
  sort: Type.Enum(['name', 'price', '-price', 'newest'], { default: 'name' }),
});

export const product = Type.Object({
  id: uuid(),
  sku: Type.String(),
  name: Type.String(),
  description: Type.String(),
  category: Type.String(),
  imageUrl: Type.String(),
  price: money(),
  available: Type.Integer(),
  version: Type.Integer(),
});

export const products = listOf(product);

export const stockLevel = Type.Object({
  onHand: Type.Integer(),
  reserved: Type.Integer(),
  available: Type.Integer(),
});

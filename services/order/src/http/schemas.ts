import { dateTime, listOf, money, strictObject, text, Type, uuid } from '@souk/comms/http';

export const shippingAddress = strictObject({
  name: text(200),
  line1: text(200),
  line2: Type.Optional(text(200)),
  city: text(100),
  postalCode: text(20),
  country: Type.String({ pattern: '^[A-Z]{2}$', description: 'ISO 3166-1 alpha-2' }),
});

/** A letter is in each token of a provider, and in no number of a card: one is refused before it is kept anywhere. */
const paymentToken = Type.String({ pattern: '^(?=.*[A-Za-z])[A-Za-z0-9_-]{1,100}$' });

export const placeOrderBody = strictObject({
  items: Type.Array(
    strictObject({ productId: uuid(), quantity: Type.Integer({ minimum: 1, maximum: 1000 }) }),
    {
      minItems: 1,
      maxItems: 50,
    },
  ),
  paymentMethod: strictObject({ token: paymentToken }),
  shippingAddress,
});

const status = Type.Enum(['pending', 'confirmed', 'paid', 'cancelled', 'refunded']);

export const order = Type.Object({
  id: uuid(),
  customerId: uuid(),
  status,
  items: Type.Array(
    Type.Object({
      productId: uuid(),
      sku: Type.String(),
      name: Type.String(),
      unitPrice: money(),
      quantity: Type.Integer(),
      lineTotal: money(),
    }),
  ),
  total: money(),
  payment: Type.Object({ id: uuid(), status: Type.String() }),
  shippingAddress,
  history: Type.Array(
    Type.Object({ status, at: dateTime(), reason: Type.Union([Type.String(), Type.Null()]) }),
  ),
  createdAt: dateTime(),
  version: Type.Integer(),
});

export const orders = listOf(order);

export interface OrderedLine {
  readonly productId: string;
  readonly quantity: number;
}

/**
 * The body of `POST /api/orders`, always to the same address.
 * @param paymentToken one of the provider simulator's
 */
export const orderBody = (items: readonly OrderedLine[], paymentToken = 'tok_visa') => ({
  items,
  paymentMethod: { token: paymentToken },
  shippingAddress: {
    name: 'Ada',
    line1: '1 Bazaar Street',
    city: 'Berlin',
    postalCode: '10115',
    country: 'DE',
  },
});

/** One piece of a product. */
export const onePiece = (productId: string): OrderedLine[] => [{ productId, quantity: 1 }];

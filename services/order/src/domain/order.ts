/** An order's life: `pending → confirmed → paid → refunded`, and `cancelled` from the first two. */
export type OrderStatus = 'pending' | 'confirmed' | 'paid' | 'cancelled' | 'refunded';

export const finalStatuses: readonly OrderStatus[] = ['paid', 'cancelled', 'refunded'];

export type PaymentStatus =
  | 'processing'
  | 'requires_action'
  | 'authorized'
  | 'captured'
  | 'declined'
  | 'voided'
  | 'refunded'
  | 'unknown';

export interface Money {
  readonly amount: number;
  readonly currency: string;
}

export interface OrderLine {
  readonly productId: string;
  readonly sku: string;
  readonly name: string;
  readonly unitPrice: Money;
  readonly quantity: number;
}

export interface ShippingAddress {
  readonly name: string;
  readonly line1: string;
  readonly line2?: string;
  readonly city: string;
  readonly postalCode: string;
  readonly country: string;
}

/** What decisions are made from. */
export interface OrderState {
  readonly id: string;
  readonly customerId: string;
  readonly status: OrderStatus;
  readonly version: number;
  readonly paymentId: string;
  readonly paymentStatus: PaymentStatus;
}

export interface NewOrder extends OrderState {
  readonly lines: readonly OrderLine[];
  readonly total: Money;
  readonly paymentToken: string;
  readonly shippingAddress: ShippingAddress;
}

/** What became true of an order. */
export type OrderEvent =
  | { readonly type: 'OrderConfirmed' }
  | { readonly type: 'OrderPaid' }
  | { readonly type: 'OrderCancelled'; readonly reason: string }
  | { readonly type: 'OrderRefunded' };

export function statusAfter(event: OrderEvent): OrderStatus {
  switch (event.type) {
    case 'OrderConfirmed':
      return 'confirmed';
    case 'OrderPaid':
      return 'paid';
    case 'OrderCancelled':
      return 'cancelled';
    case 'OrderRefunded':
      return 'refunded';
  }
}

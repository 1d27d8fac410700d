export interface Money {
  readonly amount: number;
  readonly currency: string;
}

/** What an administrator says of a product. */
export interface ProductDetails {
  readonly sku: string;
  readonly name: string;
  readonly description: string;
  readonly category: string;
  readonly price: Money;
  readonly imageUrl?: string;
}

/** A product as everybody sees it; `available` is what can still be reserved. */
export interface ProductView extends ProductDetails {
  readonly id: string;
  readonly imageUrl: string;
  readonly available: number;
  readonly version: number;
}

export type Sort = 'name' | 'price' | '-price' | 'newest';

export interface StockLevel {
  readonly onHand: number;
  readonly reserved: number;
  readonly available: number;
}

import type { Money, OrderLine } from './order.js';

/** The lines' total. Undefined when they are priced in different currencies, or add up to nothing or too much. */
export function totalOf(lines: readonly OrderLine[]): Money | undefined {
  const currency = lines[0]?.unitPrice.currency;
  if (currency === undefined || lines.some(({ unitPrice }) => unitPrice.currency !== currency))
    return undefined;
  const amount = lines.reduce((sum, { unitPrice, quantity }) => sum + unitPrice.amount * quantity, 0);
  return Number.isSafeInteger(amount) && amount > 0 ? { amount, currency } : undefined;
}

import { expect, it } from '@jest/globals';
import { reconcile, type BookedPayment, type Movement } from './reconciliation.js';

const booked = (more: Partial<BookedPayment> = {}): BookedPayment => ({
  id: 'p',
  amount: 100,
  currency: 'EUR',
  captured: 100,
  refunded: 0,
  held: false,
  ledgerCaptured: 100,
  ledgerRefunded: 0,
  isOpen: false,
  ...more,
});
const uncaptured = { captured: 0, ledgerCaptured: 0 };
const told = (...kinds: (string | [string, number])[]): Movement[] =>
  kinds.map((kind) => {
    const [name, amount] = typeof kind === 'string' ? [kind, 100] : kind;
    return { kind: name, paymentId: 'p', amount, currency: 'EUR' };
  });

it.each<[string, BookedPayment[], Movement[], string[]]>([
  ['a capture that both know', [booked()], told('authorized', 'captured'), []],
  ['a hold that both know', [booked({ ...uncaptured, held: true })], told('authorized'), []],
  ['a void that both know', [booked(uncaptured)], told('authorized', 'voided'), []],
  ['a decline', [booked(uncaptured)], told('declined'), []],
  ['a payment that was never sent', [booked(uncaptured)], [], []],
  [
    'a payment that is asked for now',
    [booked({ ...uncaptured, isOpen: true })],
    told('authorized', 'captured'),
    [],
  ],
  [
    'a refund that both know',
    [booked({ refunded: 40, ledgerRefunded: 40 })],
    told('authorized', 'captured', ['refunded', 40]),
    [],
  ],
  ['a capture that the provider lacks', [booked()], told('authorized'), ['amount', 'state']],
  ['a capture that we lack', [booked(uncaptured)], told('authorized', 'captured'), ['amount']],
  ['a hold that we forgot', [booked(uncaptured)], told('authorized'), ['state']],
  [
    'a void that the provider lacks',
    [booked({ ...uncaptured, held: true })],
    told('authorized', 'voided'),
    ['state'],
  ],
  ['a refund that we lack', [booked()], told('authorized', 'captured', ['refunded', 40]), ['amount']],
  [
    'a refund that was given twice',
    [booked({ refunded: 40, ledgerRefunded: 40 })],
    told('authorized', 'captured', ['refunded', 40], ['refunded', 40]),
    ['amount'],
  ],
  [
    'another amount',
    [booked({ amount: 90, captured: 90, ledgerCaptured: 90 })],
    told('authorized', 'captured'),
    ['amount', 'amount'],
  ],
  ['a payment that the provider never saw', [booked()], [], ['missing']],
  ['a payment that we never saw', [], told('authorized'), ['extra']],
  ['a decline that we never saw', [], told('declined'), []],
  [
    'a ledger that says otherwise',
    [booked({ ledgerCaptured: 0 })],
    told('authorized', 'captured'),
    ['ledger'],
  ],
])('%s', (_what, payments, movements, kinds) => {
  expect(reconcile(payments, movements).map(({ kind }) => kind)).toEqual(kinds);
});

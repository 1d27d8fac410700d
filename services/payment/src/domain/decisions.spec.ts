import { describe, expect, it } from '@jest/globals';
import {
  askRefund,
  onOrderCancelled,
  onOrderConfirmed,
  onOutcome,
  started,
  type Decision,
  type Outcome,
} from './decisions.js';
import type { PaymentState, PaymentStatus } from './payment.js';

const base = started(
  { id: 'p', orderId: 'o', customerId: 'c', amount: 1000, currency: 'EUR', token: 't' },
  { owner: 'me', traceparent: '' },
);
/** A payment at rest in each status; `unknown` is a capture whose answer was lost. */
const inStatus: Record<PaymentStatus, PaymentState> = {
  processing: base,
  requires_action: { ...base, status: 'requires_action', wanted: null },
  authorized: { ...base, status: 'authorized', wanted: null, held: true },
  captured: { ...base, status: 'captured', wanted: null, captured: 1000 },
  declined: { ...base, status: 'declined', wanted: null },
  voided: { ...base, status: 'voided', wanted: null },
  refunded: { ...base, status: 'refunded', wanted: null, captured: 1000, refunded: 1000 },
  unknown: { ...base, status: 'unknown', wanted: 'capture', held: true },
};
const everyStatus = Object.keys(inStatus) as PaymentStatus[];

/** What a decision says, in short: status, the next operation, whether it remembers the end, and the event. */
function inShort({ changes, event }: Decision): string {
  const { status, wanted, cancelled } = changes;
  return [
    status,
    wanted === undefined ? undefined : `wants ${String(wanted)}`,
    cancelled ? 'remembers' : undefined,
    event?.type,
  ]
    .filter((part) => part !== undefined)
    .join(', ');
}

type Row = Record<PaymentStatus, string>;
const all = (text: string): Row => Object.fromEntries(everyStatus.map((status) => [status, text])) as Row;

const refund = { id: 'r', amount: 400, reason: 'broken' };
const refunding: Partial<PaymentState> = {
  status: 'captured',
  captured: 1000,
  refunding: 400,
  wanted: 'refund',
};

const facts: [string, (payment: PaymentState) => Decision, Row][] = [
  ['OrderConfirmed', onOrderConfirmed, { ...all(''), authorized: 'wants capture' }],
  [
    'OrderCancelled',
    (payment) => onOrderCancelled(payment, 'r'),
    {
      ...all(''),
      processing: 'remembers',
      unknown: 'remembers',
      requires_action: 'wants void, remembers',
      authorized: 'wants void, remembers',
      captured: 'wants refund, remembers',
    },
  ],
];

describe('what a payment makes of its order', () => {
  it.each(facts)('%s', (_name, decide, expected) => {
    const decided = everyStatus.map((status) => [status, inShort(decide(inStatus[status]))]);
    expect(Object.fromEntries(decided)).toEqual(expected);
  });

  it('leaves a capture under way alone, and takes one back that has not begun', () => {
    const capturing = { ...inStatus.authorized, wanted: 'capture' } as const;
    expect(inShort(onOrderCancelled({ ...capturing, attempts: 1 }, 'r'))).toBe('remembers');
    expect(inShort(onOrderCancelled({ ...capturing, attempts: 0 }, 'r'))).toBe('wants void, remembers');
  });
});

const outcomes: [Outcome, Partial<PaymentState>, { open: string; cancelled: string }][] = [
  [
    { kind: 'authorized', providerId: 'a' },
    {},
    {
      open: 'authorized, wants null, PaymentAuthorized',
      cancelled: 'authorized, wants void, PaymentAuthorized',
    },
  ],
  [
    { kind: 'requires_action', providerId: 'a' },
    {},
    {
      open: 'requires_action, wants null, PaymentActionRequired',
      cancelled: 'requires_action, wants void, PaymentActionRequired',
    },
  ],
  [
    { kind: 'declined', reason: 'funds' },
    {},
    { open: 'declined, wants null, PaymentDeclined', cancelled: 'declined, wants null, PaymentDeclined' },
  ],
  [
    { kind: 'captured' },
    { wanted: 'capture', held: true },
    { open: 'captured, wants null, PaymentCaptured', cancelled: 'captured, wants refund, PaymentCaptured' },
  ],
  [
    { kind: 'capture_refused', reason: 'gone' },
    { wanted: 'capture', held: true },
    {
      open: 'authorized, wants null, PaymentCaptureFailed',
      cancelled: 'authorized, wants void, PaymentCaptureFailed',
    },
  ],
  [
    { kind: 'voided' },
    { wanted: 'void', held: true },
    { open: 'voided, wants null, PaymentVoided', cancelled: 'voided, wants null, PaymentVoided' },
  ],
  [
    { kind: 'refunded', refund },
    refunding,
    { open: 'captured, wants null, PaymentRefunded', cancelled: 'captured, wants refund, PaymentRefunded' },
  ],
  [
    { kind: 'refund_refused', refund },
    refunding,
    { open: 'captured, wants null', cancelled: 'captured, wants null' },
  ],
  [{ kind: 'lost' }, {}, { open: 'unknown', cancelled: 'unknown' }],
];

describe('what a payment makes of an outcome', () => {
  it.each(outcomes)('%j', (outcome, state, expected) => {
    const open = inShort(onOutcome({ ...base, ...state }, outcome, 'rest'));
    const cancelled = inShort(onOutcome({ ...base, ...state, cancelled: true }, outcome, 'rest'));
    expect({ open, cancelled }).toEqual(expected);
  });

  it('asks after 1, 2, 4 … and at most 60 seconds', () => {
    const waits = [1, 2, 3, 4, 20].map(
      (attempts) => onOutcome({ ...base, attempts }, { kind: 'lost' }, 'r').waitSeconds,
    );
    expect(waits).toEqual([1, 2, 4, 8, 60]);
  });
});

describe('asking for a refund', () => {
  it.each(everyStatus)('of a payment that is %s', (status) => {
    expect(askRefund(inStatus[status], refund) !== undefined).toBe(status === 'captured');
  });

  it('counts what is promised already', () => {
    expect(askRefund({ ...inStatus.captured, refunding: 700 }, refund)).toBeUndefined();
    expect(askRefund({ ...inStatus.captured, refunding: 600 }, refund)?.changes.refunding).toBe(1000);
  });
});

import { describe, expect, it } from '@jest/globals';
import { createLogger } from '@souk/comms/telemetry';
import type { Authorization } from '../clients/provider-client.js';
import { started, type Decision } from '../domain/decisions.js';
import type { Operation, PaymentState } from '../domain/payment.js';
import type { PaymentStore } from '../store/payment-store.js';
import { performOperation, type PerformOperationDeps } from './perform-operation.js';

const logger = createLogger({ service: 'test', instance: 'test', level: 'silent' });
const fresh = started(
  { id: 'p', orderId: 'o', customerId: 'c', amount: 1000, currency: 'EUR', token: 't' },
  { owner: 'me', traceparent: '' },
);
const authorization = (status: Authorization['status']): Authorization => ({
  id: 'a',
  paymentId: 'p',
  amount: 1000,
  currency: 'EUR',
  status,
  reason: null,
  refunds: [],
});

/** What was asked of the provider, and what was then decided. */
async function perform(
  payment: PaymentState,
  known: Authorization | 'never seen' | 'no answer',
  refuses?: 'refuses',
) {
  const calls: string[] = [];
  const decisions: Decision[] = [];
  const done = (name: string, status: Authorization['status']) => () => {
    calls.push(name);
    return Promise.resolve(refuses ? { refused: 'not possible' } : { authorization: authorization(status) });
  };
  const provider: PerformOperationDeps['provider'] = {
    ask: () => {
      calls.push('ask');
      if (known === 'no answer') return Promise.reject(new Error('timeout'));
      return Promise.resolve(known === 'never seen' ? undefined : known);
    },
    authorize: done('authorize', 'authorized'),
    confirm: done('confirm', 'authorized'),
    capture: done('capture', 'captured'),
    void: done('void', 'voided'),
    refund: done('refund', 'captured'),
  };
  const store = {
    save: ({ decision }: { decision: Decision }) => {
      decisions.push(decision);
      return Promise.resolve('applied');
    },
  } as unknown as PaymentStore;
  await performOperation({ store, provider, logger, failpoint: undefined, poke: () => undefined }, payment);
  return { calls, status: decisions[0]?.changes.status };
}

const again = (wanted: Operation): PaymentState => ({ ...fresh, wanted, attempts: 2, providerId: 'a' });

describe('an operation', () => {
  it('is sent at its first try', async () => {
    expect(await perform(fresh, 'never seen')).toEqual({ calls: ['authorize'], status: 'authorized' });
  });

  it.each([
    ['authorize', 'authorized', 'authorized'],
    ['capture', 'captured', 'captured'],
    ['void', 'voided', 'voided'],
  ] as const)('%s that took effect is asked for, not sent again', async (wanted, known, status) => {
    expect(await perform(again(wanted), authorization(known))).toEqual({ calls: ['ask'], status });
  });

  it('is sent again when the provider says that it did not take effect', async () => {
    expect(await perform(again('authorize'), 'never seen')).toEqual({
      calls: ['ask', 'authorize'],
      status: 'authorized',
    });
    expect(await perform(again('capture'), authorization('authorized'))).toEqual({
      calls: ['ask', 'capture'],
      status: 'captured',
    });
  });

  it('is not refused as long as the provider has on record that it took effect', async () => {
    expect(await perform(fresh, authorization('authorized'), 'refuses')).toEqual({
      calls: ['authorize', 'ask'],
      status: 'authorized',
    });
    expect(await perform(fresh, 'never seen', 'refuses')).toEqual({
      calls: ['authorize', 'ask'],
      status: 'declined',
    });
  });

  it('stays unknown while the provider does not say', async () => {
    expect(await perform(again('capture'), 'no answer')).toEqual({ calls: ['ask'], status: 'unknown' });
  });
});

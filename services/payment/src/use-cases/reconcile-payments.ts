import type { Logger } from '@souk/comms/telemetry';
import { setTimeout as delay } from 'node:timers/promises';
import type { ProviderClient } from '../clients/provider-client.js';
import { reconcile, type Difference } from '../domain/reconciliation.js';
import type { ReconciliationReader } from '../store/reconciliation-reader.js';

export interface Reconciliation {
  readonly at: string;
  readonly payments: number;
  readonly movements: number;
  readonly differences: readonly Difference[];
}

export interface ReconcileDeps {
  readonly provider: Pick<ProviderClient, 'statement'>;
  readonly reader: ReconciliationReader;
  readonly logger: Logger;
}

/** Longer than a payment is between the provider's books and ours. */
const lookAgainAfterMs = 2000;

/**
 * Compares payments, ledger and the provider's statement. Books are kept while they are compared, so that what differs
 * is looked at twice, and only what differs in the same way both times is told.
 */
export async function reconcilePayments(deps: ReconcileDeps): Promise<Reconciliation> {
  const first = await look(deps);
  if (first.differences.length === 0) return first;
  await delay(lookAgainAfterMs);
  const second = await look(deps);
  const seen = new Set(first.differences.map(keyOf));
  const differences = second.differences.filter((found) => seen.has(keyOf(found)));
  for (const { kind, paymentId, detail } of differences)
    deps.logger.error({ payment: paymentId, kind, detail }, 'the books differ');
  return { ...second, differences };
}

async function look({ provider, reader }: ReconcileDeps): Promise<Reconciliation> {
  const movements = await provider.statement();
  const payments = await reader.booked();
  return {
    at: new Date().toISOString(),
    payments: payments.length,
    movements: movements.length,
    differences: reconcile(payments, movements),
  };
}

const keyOf = ({ kind, paymentId, detail }: Difference): string => `${kind} ${paymentId} ${detail}`;

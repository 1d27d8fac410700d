import type { Side } from '../domain/ledger.js';
import type { Money } from '../domain/payment.js';
import type { PrismaClient } from '../generated/prisma/client.js';

export interface AccountView {
  readonly id: string;
  readonly code: string;
  readonly currency: string;
  readonly normalSide: Side;
  /** What stands on its normal side less what stands on the other. */
  readonly balance: Money;
}

export interface EntryView {
  readonly id: string;
  readonly transferId: string;
  readonly paymentId: string;
  readonly kind: string;
  readonly side: Side;
  readonly amount: Money;
  readonly createdAt: string;
}

export interface LedgerReader {
  accounts(query: { after?: string; limit: number }): Promise<AccountView[]>;
  exists(accountId: string): Promise<boolean>;
  /** Newest first; `before` is the last id of the page before. */
  entries(query: { accountId: string; before?: string; limit: number }): Promise<EntryView[]>;
}

export const createLedgerReader = (prisma: PrismaClient): LedgerReader => ({
  accounts: async ({ after, limit }) => {
    const accounts = await prisma.account.findMany({
      where: after === undefined ? {} : { id: { gt: after } },
      orderBy: { id: 'asc' },
      take: limit,
    });
    const sums = await prisma.entry.groupBy({
      by: ['accountId', 'side'],
      where: { accountId: { in: accounts.map(({ id }) => id) } },
      _sum: { amount: true },
    });
    return accounts.map(({ id, code, currency, normalSide }) => {
      const ofAccount = sums.filter(({ accountId }) => accountId === id);
      const amount = ofAccount.reduce(
        (balance, { side, _sum }) => balance + Number(_sum.amount ?? 0) * (side === normalSide ? 1 : -1),
        0,
      );
      return { id, code, currency, normalSide: normalSide as Side, balance: { amount, currency } };
    });
  },
  exists: async (accountId) => (await prisma.account.count({ where: { id: accountId } })) > 0,
  entries: async ({ accountId, before, limit }) => {
    const entries = await prisma.entry.findMany({
      where: { accountId, ...(before === undefined ? {} : { id: { lt: before } }) },
      include: { transfer: true },
      orderBy: { id: 'desc' },
      take: limit,
    });
    return entries.map(({ id, transferId, transfer, side, amount, currency, createdAt }) => ({
      id,
      transferId,
      paymentId: transfer.paymentId,
      kind: transfer.kind,
      side: side as Side,
      amount: { amount: Number(amount), currency },
      createdAt: createdAt.toISOString(),
    }));
  },
});

/** What one request came to: the status, or why there was no answer. */
export interface Attempt {
  /** Milliseconds since the run began. */
  readonly atMs: number;
  readonly tookMs: number;
  readonly outcome: number | string;
}

export type Deed = 'place' | 'read' | 'cancel' | 'refund';

/** What a customer wanted once, with every request that it took and the answer that settled it. */
export interface Act {
  readonly customer: string;
  readonly deed: Deed;
  /** The idempotency key of a deed that has one. */
  readonly key: string | undefined;
  /** Unknown while no order was answered. */
  orderId: string | undefined;
  readonly attempts: Attempt[];
  /** Undefined while nothing but failures came back. */
  answer: Answer | undefined;
}

export interface Answer {
  readonly status: number;
  readonly body: AnsweredOrder;
}

/** What is looked at of an order, or of a refund, as it was answered. */
export interface AnsweredOrder {
  readonly id?: string;
  readonly status?: string;
  readonly version?: number;
  readonly total?: { readonly amount: number };
  readonly history?: readonly { readonly status: string }[];
  readonly code?: string;
}

/** A promise that was broken. */
export interface Broken {
  readonly invariant: string;
  readonly says: string;
  readonly text: string;
  /** The orders that it speaks of, as far as it names them. */
  readonly orderIds: readonly string[];
}

/** An order as it is when all is quiet; undefined when it is not to be found. */
export type Final =
  (AnsweredOrder & { readonly refundedAmount: number; readonly capturedAmount: number }) | undefined;

const successors: Readonly<Record<string, readonly string[]>> = {
  pending: ['confirmed', 'cancelled'],
  confirmed: ['paid', 'cancelled'],
  paid: ['refunded'],
  cancelled: [],
  refunded: [],
};

interface Check {
  readonly name: string;
  readonly says: string;
  /** @returns the broken ones, as order id and what is wrong */
  readonly run: (acts: readonly Act[], finals: ReadonlyMap<string, Final>) => [string, string][];
}

const isPlaced = (act: Act): boolean => act.deed === 'place' && act.answer?.status === 201;

const checks: readonly Check[] = [
  {
    name: 'acknowledged-is-durable',
    says: 'every order that was answered 201 is there in the end, of the same total',
    run: (acts, finals) =>
      acts.filter(isPlaced).flatMap(({ answer }): [string, string][] => {
        const { id = '', total } = answer?.body ?? {};
        const final = finals.get(id);
        return final?.total?.amount === total?.amount
          ? []
          : [[id, `answered ${text(answer)}, is ${text(final)}`]];
      }),
  },
  {
    name: 'key-makes-one-order',
    says: 'the same key is answered with the same order, however often it is sent',
    run: (acts) => {
      const byKey = new Map<string, Set<string>>();
      for (const { key = '', answer } of acts.filter(isPlaced))
        byKey.set(key, (byKey.get(key) ?? new Set()).add(answer?.body.id ?? ''));
      return [...byKey].flatMap(([key, ids]): [string, string][] =>
        ids.size === 1 ? [] : [[[...ids][0] ?? '', `key ${key} made ${[...ids].join(', ')}`]],
      );
    },
  },
  {
    name: 'reads-own-writes',
    says: 'who was told of an order can read it from then on',
    run: (acts) =>
      acts
        .filter(({ deed, answer }) => deed === 'read' && answer?.status === 404)
        .map(({ orderId = '' }): [string, string] => [orderId, 'was answered 201 and then 404']),
  },
  {
    name: 'history-is-monotonic',
    says: 'no reader sees an older version after a newer one',
    run: (acts) => {
      const newest = new Map<string, number>();
      return acts.flatMap(({ deed, orderId = '', answer }): [string, string][] => {
        const version = answer?.status === 200 && deed === 'read' ? answer.body.version : undefined;
        if (version === undefined) return [];
        const before = newest.get(orderId) ?? 0;
        newest.set(orderId, Math.max(before, version));
        return version < before ? [[orderId, `version ${String(version)} after ${String(before)}`]] : [];
      });
    },
  },
  {
    name: 'states-follow-the-rules',
    says: 'each order went through states that may follow one another',
    run: (_acts, finals) =>
      [...finals].flatMap(([id, final]): [string, string][] => {
        const path = final?.history?.map(({ status }) => status) ?? [];
        const isLegal = path.every(
          (status, at) => at === 0 || successors[path[at - 1] ?? '']?.includes(status),
        );
        return isLegal ? [] : [[id, path.join(' → ')]];
      }),
  },
  {
    name: 'refund-is-done',
    says: 'every refund that was answered 201 reached the customer once',
    run: (acts, finals) =>
      acts
        .filter(({ deed, answer }) => deed === 'refund' && answer?.status === 201)
        .flatMap(({ orderId = '' }): [string, string][] => {
          const final = finals.get(orderId);
          const isDone = final?.status === 'refunded' && final.refundedAmount === final.capturedAmount;
          return isDone ? [] : [[orderId, `a refund was answered 201, and it is ${text(final)}`]];
        }),
  },
  {
    name: 'cancel-is-kept',
    says: 'an order whose cancel was answered 202 ends cancelled',
    run: (acts, finals) =>
      acts
        .filter(({ deed, answer }) => deed === 'cancel' && answer?.status === 202)
        .flatMap(({ orderId = '' }): [string, string][] => {
          const status = finals.get(orderId)?.status;
          return status === 'cancelled'
            ? []
            : [[orderId, `its cancel was answered 202, and it is ${String(status)}`]];
        }),
  },
  {
    name: 'no-server-error',
    says: 'a failure is told as one that may be tried again, never as an error of ours',
    run: (acts) =>
      acts.flatMap(({ orderId = '', deed, attempts }): [string, string][] =>
        attempts.filter(({ outcome }) => outcome === 500).map(() => [orderId, `${deed} was answered 500`]),
      ),
  },
];

const text = (value: unknown): string => JSON.stringify(value);

/** The promises that the recorded answers alone can tell of. @param finals every order that was ever answered */
export function checkHistory(acts: readonly Act[], finals: ReadonlyMap<string, Final>): Broken[] {
  return checks.flatMap(({ name, says, run }) =>
    run(acts, finals).map(([orderId, what]) => ({
      invariant: name,
      says,
      text: what,
      orderIds: orderId === '' ? [] : [orderId],
    })),
  );
}

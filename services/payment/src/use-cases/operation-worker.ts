import { runInSpan, type Logger } from '@souk/comms/telemetry';
import type { PaymentState } from '../domain/payment.js';
import type { PaymentStore } from '../store/payment-store.js';

const places = 16;
const idlePollMs = 250;

/** One of the worker's places, held while what shall be done in it is being written. */
export interface Place {
  readonly owner: string;
  /** Carries out the wanted operation of a payment that is leased to `owner`; the place is free again after it. */
  work(payment: PaymentState): void;
  /** Gives the place back unless there is work in it. */
  release(): void;
}

/** Carries out the operations that payments want, 16 at once. */
export interface OperationWorker {
  /** A free place, so that a write can lease its own row and be worked on with no further query. */
  reserve(): Place | undefined;
  /** Takes what is due as far as there are places. Answers the pause before the next round, in milliseconds. */
  round(): Promise<number>;
  /** Resolves when the operations under way are over. */
  drain(): Promise<void>;
}

export interface OperationWorkerOptions {
  readonly store: PaymentStore;
  readonly owner: string;
  readonly perform: (payment: PaymentState) => Promise<void>;
  readonly logger: Logger;
  /** A place became free or a payment wants more: look for work. */
  readonly poke: () => void;
}

export function createOperationWorker(options: OperationWorkerOptions): OperationWorker {
  const { store, owner, logger } = options;
  const running = new Set<Promise<void>>();
  let taken = 0;
  let isShort = false;

  const free = () => {
    taken -= 1;
    if (isShort) options.poke();
  };
  const work = (payment: PaymentState) => {
    const done = runInSpan(
      payment.traceparent,
      () => ({
        name: `payment ${payment.wanted ?? 'none'}`,
        kind: 'internal',
        attributes: { 'souk.payment.id': payment.id },
      }),
      () => options.perform(payment),
    )
      .catch((error: unknown) => {
        logger.warn(
          { payment: payment.id, wanted: payment.wanted, reason: String(error) },
          'an operation has to wait',
        );
      })
      .finally(() => {
        running.delete(done);
        free();
      });
    running.add(done);
  };
  const reserve = (): Place | undefined => {
    if (taken >= places) {
      isShort = true;
      return undefined;
    }
    taken += 1;
    let isOpen = true;
    return {
      owner,
      work: (payment) => {
        isOpen = false;
        work(payment);
      },
      release: () => {
        if (isOpen) free();
        isOpen = false;
      },
    };
  };
  return {
    reserve,
    round: async () => {
      const wanted = places - taken;
      if (wanted <= 0) {
        isShort = true;
        return idlePollMs;
      }
      taken += wanted;
      const leased = await store.lease(owner, wanted).catch((error: unknown) => {
        taken -= wanted;
        throw error;
      });
      taken -= wanted - leased.length;
      isShort = leased.length === wanted;
      leased.forEach(work);
      return idlePollMs;
    },
    drain: async () => {
      await Promise.all(running);
    },
  };
}

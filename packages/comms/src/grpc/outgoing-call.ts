import type { ServiceError } from '../errors/index.js';
import type { Texts } from './lane/texts.js';

export interface OutgoingFacts {
  readonly path: string;
  readonly request: Buffer;
  /** When its caller stops waiting, in epoch milliseconds. */
  readonly untilMs: number;
  readonly traceparent: string;
  readonly priority: number;
  readonly metadata: Texts;
}

export type Ended = (error: ServiceError | undefined, response: Buffer, trailers: Texts) => void;

const noBytes = Buffer.alloc(0);

/** One attempt on its way. It ends once, however many reasons there are. */
export class OutgoingCall {
  readonly facts: OutgoingFacts;
  /** How its present transport lets go of it. */
  release: (() => void) | undefined;
  readonly #ended: Ended;
  #isOver = false;

  constructor(facts: OutgoingFacts, ended: Ended) {
    this.facts = facts;
    this.#ended = ended;
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  succeed(response: Buffer, trailers: Texts): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#ended(undefined, response, trailers);
  }

  fail(error: ServiceError): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#ended(error, noBytes, {});
  }

  /** Ends it for its caller and tells the transport, which tells the peer. */
  cancel(error: ServiceError): void {
    if (this.#isOver) return;
    this.release?.();
    this.fail(error);
  }
}

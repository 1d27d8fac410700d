/** Turns what is to be sent into messages: those of one turn together, and one write under way at a time. */
export interface Outbox {
  /** There is something to send. */
  poke(): void;
  /** Ends the stream once everything has been sent. */
  end(): void;
  /** The stream is gone. */
  close(): void;
}

/**
 * While a write waits for its reader, what comes meanwhile gathers in the sender's queues; so one slow reader makes
 * messages larger, not more.
 * @param deps.take the next message, undefined when there is none; `write` calls `done` once the bytes have gone
 */
export function createOutbox(deps: {
  take: () => Buffer | undefined;
  write: (message: Buffer, done: () => void) => void;
  end: () => void;
}): Outbox {
  let isScheduled = false;
  let isWriting = false;
  let isEnding = false;
  let isClosed = false;

  const flush = () => {
    isScheduled = false;
    if (isClosed || isWriting) return;
    const message = deps.take();
    if (message !== undefined) {
      isWriting = true;
      deps.write(message, written);
    } else if (isEnding) {
      isClosed = true;
      deps.end();
    }
  };
  const written = () => {
    isWriting = false;
    poke();
  };
  const poke = () => {
    if (isScheduled || isWriting || isClosed) return;
    isScheduled = true;
    setImmediate(flush);
  };
  return {
    poke,
    end: () => {
      isEnding = true;
      poke();
    },
    close: () => {
      isClosed = true;
    },
  };
}

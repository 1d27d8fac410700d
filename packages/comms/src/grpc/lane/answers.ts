import {
  chunkBytes,
  frameKinds,
  headBytes,
  messageBytes,
  windowBytes,
  writeHead,
  type Frame,
} from './protocol.js';

/** What a server has to send on a lane, in the order in which it does. */
export interface Answers {
  /** Goes as it is, before any part of a large answer. */
  add(frame: Frame): void;
  /** Goes in parts, as far as its reader grants. */
  addLarge(call: number, answer: Buffer): void;
  grant(call: number, bytes: number): void;
  /** Its reader does not want the rest. */
  drop(call: number): void;
  take(): Buffer | undefined;
  /** Bytes kept: small answers that wait for the stream, and large ones that wait for their reader. */
  readonly waitingBytes: number;
  readonly heldBytes: number;
}

interface Large {
  readonly call: number;
  readonly answer: Buffer;
  sent: number;
  credit: number;
}

export function createAnswers(): Answers {
  let small: Frame[] = [];
  let waitingBytes = 0;
  let heldBytes = 0;
  // In the order of their turns: each gives one part, then goes behind the others.
  const large = new Map<number, Large>();

  const takeSmall = (): Frame[] => {
    let bytes = 0;
    let taken = 0;
    while (taken < small.length && bytes < messageBytes) {
      bytes += headBytes + (small[taken]?.body.length ?? 0);
      taken += 1;
    }
    const frames = taken === small.length ? small : small.slice(0, taken);
    small = taken === small.length ? [] : small.slice(taken);
    waitingBytes -= bytes;
    return frames;
  };
  /** A part each of those that may send one, until the message is full. */
  const takeParts = (frames: Frame[]): void => {
    let bytes = frames.reduce((sum, { body }) => sum + body.length, 0);
    for (const entry of [...large.values()]) {
      if (bytes >= messageBytes) return;
      const { call, answer } = entry;
      const length = Math.min(chunkBytes, entry.credit, answer.length - entry.sent);
      if (length === 0) continue;
      const body = answer.subarray(entry.sent, entry.sent + length);
      entry.sent += length;
      entry.credit -= length;
      bytes += length;
      large.delete(call);
      const isLast = entry.sent === answer.length;
      if (isLast) heldBytes -= answer.length;
      else large.set(call, entry);
      frames.push({ kind: isLast ? frameKinds.lastChunk : frameKinds.chunk, call, body });
    }
  };
  return {
    get waitingBytes() {
      return waitingBytes;
    },
    get heldBytes() {
      return heldBytes;
    },
    add: (frame) => {
      small.push(frame);
      waitingBytes += headBytes + frame.body.length;
    },
    addLarge: (call, answer) => {
      large.set(call, { call, answer, sent: 0, credit: windowBytes });
      heldBytes += answer.length;
    },
    grant: (call, bytes) => {
      const entry = large.get(call);
      if (entry) entry.credit += bytes;
    },
    drop: (call) => {
      const entry = large.get(call);
      if (!entry) return;
      large.delete(call);
      heldBytes -= entry.answer.length;
    },
    take: () => {
      const frames = takeSmall();
      if (large.size > 0) takeParts(frames);
      return frames.length === 0 ? undefined : joined(frames);
    },
  };
}

function joined(frames: readonly Frame[]): Buffer {
  let bytes = 0;
  for (const { body } of frames) bytes += headBytes + body.length;
  const message = Buffer.allocUnsafe(bytes);
  let at = 0;
  for (const { kind, call, body } of frames) {
    at = writeHead(message, at, { kind, call, length: body.length });
    message.set(body, at);
    at += body.length;
  }
  return message;
}

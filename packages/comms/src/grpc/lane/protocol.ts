/**
 * The lane: many unary calls over one bidirectional stream. A message of the stream holds any number of frames, those
 * of one turn of the event loop. A frame is `kind: u8, call: u32, length: u32` (big-endian) and a body of that length.
 */
export const lanePath = '/souk.lane.v1.Lane/Open';

export const frameKinds = {
  /** To the server: names a method by number for the life of the lane. `call` is the number, the body the path. */
  method: 1,
  /** To the server: a call (see writeCall). Its number is used once. */
  call: 2,
  /** To the server: nobody waits for this call any more. */
  cancel: 3,
  /** To the server: so many more bytes of this call's answer may be sent (body: u32). */
  credit: 4,
  /** To the server: a fresh service token, before the last one lapses. */
  token: 5,
  /** To the client: the whole answer. */
  answer: 16,
  /** To the client: a part of an answer, more to come. */
  chunk: 17,
  /** To the client: the last part. */
  lastChunk: 18,
  /** To the client: trailers of the answer that follows, as a JSON object of texts. */
  trailers: 19,
  /** To the client: the call's status, as JSON `{code, details, metadata}`. */
  failure: 20,
  /** To the client: send no new calls here; those under way will end. */
  goAway: 21,
} as const;

export const headBytes = 9;

/** Answers above this go in parts of this size; requests above it go as plain unary calls. */
export const chunkBytes = 64 * 1024;

/** How much of an answer may be under way before its reader grants more. */
export const windowBytes = 4 * chunkBytes;

/** A message of the stream is closed once it is larger; one frame may stand above it. */
export const messageBytes = 256 * 1024;

export interface Frame {
  readonly kind: number;
  readonly call: number;
  readonly body: Buffer;
}

/** @throws RangeError when the bytes are no whole frames */
export function eachFrame(message: Buffer, visit: (kind: number, call: number, body: Buffer) => void): void {
  let at = 0;
  while (at < message.length) {
    if (message.length - at < headBytes) throw new RangeError('A frame of the lane is cut off.');
    const kind = message.readUInt8(at);
    const call = message.readUInt32BE(at + 1);
    const end = at + headBytes + message.readUInt32BE(at + 5);
    if (end > message.length) throw new RangeError('A frame of the lane is longer than its message.');
    visit(kind, call, message.subarray(at + headBytes, end));
    at = end;
  }
}

/** @returns where the body starts */
export function writeHead(
  into: Buffer,
  at: number,
  head: { kind: number; call: number; length: number },
): number {
  into.writeUInt8(head.kind, at);
  into.writeUInt32BE(head.call, at + 1);
  into.writeUInt32BE(head.length, at + 5);
  return at + headBytes;
}

const nothing = Buffer.alloc(0);

/** One frame by itself, for the rare ones. */
export function frameOf(kind: number, call: number, body: Uint8Array = nothing): Buffer {
  const frame = Buffer.allocUnsafe(headBytes + body.length);
  frame.set(body, writeHead(frame, 0, { kind, call, length: body.length }));
  return frame;
}

export function creditFrame(call: number, bytes: number): Buffer {
  const frame = Buffer.allocUnsafe(headBytes + 4);
  frame.writeUInt32BE(bytes, writeHead(frame, 0, { kind: frameKinds.credit, call, length: 4 }));
  return frame;
}

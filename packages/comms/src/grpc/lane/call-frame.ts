import { frameKinds, headBytes, writeHead } from './protocol.js';

/** What a call carries beside its number. */
export interface CallFacts {
  /** The method's number on this lane. */
  readonly method: number;
  readonly priority: number;
  readonly timeoutMs: number;
  /** 55 ASCII characters, or none. */
  readonly traceparent: string;
  /** A JSON object of texts, or nothing. */
  readonly metadata: Buffer;
  readonly request: Uint8Array;
}

const fixedBytes = 14;

/** Method u32, priority u8, traceparent's length u8, timeout u32, metadata's length u32; then these and the request. */
export const callFrameBytes = ({ traceparent, metadata, request }: CallFacts): number =>
  headBytes + fixedBytes + traceparent.length + metadata.length + request.length;

/** @returns where the frame ends */
export function writeCall(into: Buffer, at: number, call: CallFacts & { readonly number: number }): number {
  const { traceparent, metadata, request } = call;
  const length = fixedBytes + traceparent.length + metadata.length + request.length;
  const body = writeHead(into, at, { kind: frameKinds.call, call: call.number, length });
  into.writeUInt32BE(call.method, body);
  into.writeUInt8(call.priority, body + 4);
  into.writeUInt8(traceparent.length, body + 5);
  into.writeUInt32BE(Math.max(0, Math.ceil(call.timeoutMs)), body + 6);
  into.writeUInt32BE(metadata.length, body + 10);
  let next = body + fixedBytes;
  into.write(traceparent, next, 'latin1');
  next += traceparent.length;
  if (metadata.length > 0) into.set(metadata, next);
  next += metadata.length;
  into.set(request, next);
  return next + request.length;
}

/** @throws RangeError when the body is none of a call */
export function readCall(body: Buffer): CallFacts & { readonly request: Buffer } {
  const traceEnd = fixedBytes + body.readUInt8(5);
  const metadataEnd = traceEnd + body.readUInt32BE(10);
  if (metadataEnd > body.length) throw new RangeError('A call of the lane is cut off.');
  return {
    method: body.readUInt32BE(0),
    priority: body.readUInt8(4),
    timeoutMs: body.readUInt32BE(6),
    traceparent: body.toString('latin1', fixedBytes, traceEnd),
    metadata: body.subarray(traceEnd, metadataEnd),
    request: body.subarray(metadataEnd),
  };
}

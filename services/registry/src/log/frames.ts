import { crc32 } from 'node:zlib';

const HEADER_BYTES = 8;
const MAX_PAYLOAD_BYTES = 64 * 1024 * 1024;

/** One record as the log holds it: length, CRC-32 (both 32 bits, little-endian), then the text in UTF-8. */
export function encodeFrame(record: string): Buffer {
  const payload = Buffer.from(record);
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeUInt32LE(payload.length, 0);
  header.writeUInt32LE(crc32(payload), 4);
  return Buffer.concat([header, payload]);
}

/** The whole records from the start of a log, and where they end: what follows is a torn tail. */
export function decodeFrames(log: Buffer): { readonly records: string[]; readonly end: number } {
  const records: string[] = [];
  let end = 0;
  for (;;) {
    const payload = framePayload(log.subarray(end));
    if (payload === undefined) return { records, end };
    records.push(payload.toString());
    end += HEADER_BYTES + payload.length;
  }
}

function framePayload(rest: Buffer): Buffer | undefined {
  if (rest.length < HEADER_BYTES) return undefined;
  const length = rest.readUInt32LE(0);
  if (length === 0 || length > MAX_PAYLOAD_BYTES || rest.length < HEADER_BYTES + length) return undefined;
  const payload = rest.subarray(HEADER_BYTES, HEADER_BYTES + length);
  return crc32(payload) === rest.readUInt32LE(4) ? payload : undefined;
}

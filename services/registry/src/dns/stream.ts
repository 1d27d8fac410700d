import type { Socket } from 'node:net';

const LENGTH_BYTES = 2;
const IDLE_MS = 10_000;
/** A client that asks on without reading its answers is cut off. */
const MAX_UNREAD_BYTES = 1024 * 1024;

/** DNS over TCP: each message behind its length in 16 bits, one after another until the client has no more. */
export function serveStream(socket: Socket, respond: (request: Buffer) => Buffer | undefined): void {
  let pending: Buffer = Buffer.alloc(0);
  socket.setNoDelay(true);
  socket.setTimeout(IDLE_MS, () => socket.destroy());
  socket.on('error', () => socket.destroy());
  socket.on('data', (chunk: Buffer) => {
    pending = pending.length === 0 ? chunk : Buffer.concat([pending, chunk]);
    while (pending.length >= LENGTH_BYTES) {
      const end = LENGTH_BYTES + pending.readUInt16BE(0);
      if (pending.length < end) return;
      const response = respond(pending.subarray(LENGTH_BYTES, end));
      pending = pending.subarray(end);
      if (response === undefined || socket.writableLength > MAX_UNREAD_BYTES) {
        socket.destroy();
        return;
      }
      const length = Buffer.alloc(LENGTH_BYTES);
      length.writeUInt16BE(response.length);
      socket.write(Buffer.concat([length, response]));
    }
  });
}

import { createServer } from 'node:net';
import { once } from 'node:events';

const host = '127.0.0.1';
/** Below what Linux and BSD give to outgoing connections, and above what services are known by. */
const lowest = 20_000;
const count = 12_000;

/** A port of 127.0.0.1 that nobody listens on now. */
export const freePort = (): Promise<number> => listening(0);

/** A free port that no outgoing connection is given, so that it stays free while its owner is down. */
export async function lastingPort(): Promise<number> {
  for (;;) {
    const port = lowest + Math.floor(Math.random() * count);
    const isFree = await listening(port).catch(() => undefined);
    if (isFree !== undefined) return port;
  }
}

async function listening(wanted: number): Promise<number> {
  const server = createServer().listen(wanted, host);
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address ? address.port : 0;
}

import { createSocket } from 'node:dgram';
import { once } from 'node:events';

/**
 * The address by which this machine reaches another: the one that others of that network reach it by, also where it
 * has several. Nothing is sent: connecting a datagram socket only looks up the way.
 */
export async function addressTowards(url: string): Promise<string> {
  const { hostname, port } = new URL(url);
  const socket = createSocket('udp4');
  try {
    socket.connect(Number(port) || 80, hostname);
    await once(socket, 'connect');
    return socket.address().address;
  } finally {
    socket.close();
  }
}

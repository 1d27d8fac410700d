import { connect } from 'node:net';
import { text } from 'node:stream/consumers';

const withinMs = 30_000;

/**
 * Sends bytes as they are, over a connection of their own to a door that speaks plain HTTP.
 * @returns everything that comes back until the other side closes the connection
 * @throws when it keeps the connection open
 */
export async function exchange(url: string, bytes: string): Promise<string> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  socket.setTimeout(withinMs, () => socket.destroy(new Error('The connection stays open.')));
  socket.write(Buffer.from(bytes, 'latin1'));
  return text(socket);
}

/** The status of each answer in what came back, in their order. */
export const statusesIn = (answers: string): number[] =>
  [...answers.matchAll(/^HTTP\/1\.1 (\d{3})/gm)].map(([, status]) => Number(status));

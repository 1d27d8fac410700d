import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { type AddressInfo, createServer, isIPv6, type Socket } from 'node:net';
import { type Answer, answerTo } from './exchange.js';
import { serveStream } from './stream.js';
import { MAX_TCP_BYTES } from './message.js';

export interface DnsServerOptions {
  /** An IP address. */
  readonly host: string;
  /** Of UDP and TCP alike; 0 takes any free one. */
  readonly port: number;
  readonly answer: Answer;
  readonly log: { error(details: object, message: string): void };
}

export interface DnsServer {
  readonly port: number;
  close(): Promise<void>;
}

const MAX_CONNECTIONS = 1_024;

/**
 * Answers DNS over UDP and TCP at one port.
 * @throws Error when the port is taken
 */
export async function startDnsServer(options: DnsServerOptions): Promise<DnsServer> {
  try {
    return await listen(options);
  } catch (cause) {
    const where = `${options.host}:${options.port}`;
    throw new Error(
      `DNS can't listen on ${where}: set REGISTRY_DNS_PORT to a port that is free for UDP and TCP, or to 0`,
      { cause },
    );
  }
}

async function listen({ host, port, answer, log }: DnsServerOptions): Promise<DnsServer> {
  const respond = answerTo(answer, log);
  const connections = new Set<Socket>();
  const tcp = createServer((socket) => {
    connections.add(socket);
    socket.once('close', () => connections.delete(socket));
    serveStream(socket, (request) => respond(request, () => MAX_TCP_BYTES));
  });
  tcp.maxConnections = MAX_CONNECTIONS;
  tcp.listen(port, host);
  await once(tcp, 'listening');
  const bound = (tcp.address() as AddressInfo).port;

  const udp = createSocket(isIPv6(host) ? 'udp6' : 'udp4');
  udp.on('message', (request, from) => {
    const response = respond(request, ({ udpBytes }) => udpBytes);
    // Whoever asked from an address that can't be sent to asks again, or is gone.
    if (response !== undefined) udp.send(response, from.port, from.address, () => undefined);
  });
  try {
    udp.bind(bound, host);
    await once(udp, 'listening');
  } catch (error) {
    tcp.close();
    throw error;
  }
  udp.on('error', (error) => {
    log.error({ err: error }, 'the DNS socket failed');
  });
  return {
    port: bound,
    close: async () => {
      udp.close();
      const closed = once(tcp, 'close');
      tcp.close();
      for (const connection of connections) connection.destroy();
      await closed;
    },
  };
}

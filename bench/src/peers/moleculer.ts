import { ServiceBroker } from 'moleculer';
import type { Peer, Setup } from './peer.js';

const nodes = ({ port, callerPort }: Setup) => [
  `127.0.0.1:${String(port)}/server`,
  `127.0.0.1:${String(callerPort)}/caller`,
];

const broker = (nodeID: string, port: number, setup: Setup) =>
  new ServiceBroker({
    nodeID,
    logger: false,
    transporter: { type: 'TCP', options: { udpDiscovery: false, port, urls: nodes(setup) } },
  });

/** Moleculer's TCP transporter as it comes: JSON, one connection. */
export const moleculerTcp: Peer = {
  serve: async (setup) => {
    const server = broker('server', setup.port, setup);
    server.createService({
      name: 'echo',
      actions: { echo: ({ params }: { params: unknown }) => params },
    });
    await server.start();
    return server;
  },
  connect: async (setup) => {
    const caller = broker('caller', setup.callerPort, setup);
    await caller.start();
    await caller.waitForServices('echo', 20_000, 100);
    return (text) => caller.call('echo.echo', { text });
  },
};

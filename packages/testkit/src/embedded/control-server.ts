import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import type { RunningSystem } from '@souk/local';
import { controlMethods, type ControlMethod } from './control-client.js';

export interface ControlServer {
  readonly url: string;
  close(): Promise<void>;
}

/** Lets the suites' processes act on the system that this process owns: loopback only, under a path nobody guesses. */
export async function serveControl(system: RunningSystem): Promise<ControlServer> {
  const secret = randomUUID();
  const server = createServer((request, response) => {
    act(system, secret, request)
      .then((answer) => {
        response.end(answer === undefined ? '' : JSON.stringify(answer));
      })
      .catch((error: unknown) => {
        response.writeHead(500).end(error instanceof Error ? error.message : String(error));
      });
  });
  // A restart may take longer than Node waits for an answer by itself.
  server.requestTimeout = 0;
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  return {
    url: `http://127.0.0.1:${String(port)}/${secret}`,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

async function act(system: RunningSystem, secret: string, request: IncomingMessage): Promise<unknown> {
  const [, given, name] = (request.url ?? '').split('/');
  const method = controlMethods.find((known) => known === name);
  if (given !== secret || !method) throw new Error('There is no such control.');
  return perform(system, method, JSON.parse(await text(request)) as never[]);
}

async function perform(system: RunningSystem, method: ControlMethod, args: never[]): Promise<unknown> {
  const [first, second] = args as [never, never];
  switch (method) {
    case 'kill':
      system.kill(first, second);
      return undefined;
    case 'restart':
      await system.restart(first, second);
      return undefined;
    case 'pause':
      system.pause(first);
      return undefined;
    case 'resume':
      system.resume(first);
      return undefined;
    case 'scale':
      await system.scale(first, second);
      return undefined;
    case 'ready':
      await system.ready();
      return undefined;
    case 'pids':
      return Object.fromEntries(system.processes.map(({ instance, pid }) => [instance, pid]));
  }
}

import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** The part of the registry that services use, with a memory that a test can take away. */
export interface ToyRegistry {
  readonly url: string;
  readonly registered: ReadonlyMap<string, { name: string; port: number }>;
  /** What it answers from now on: the truth, an error, or that nobody is there. */
  mode: 'well' | 'failing' | 'empty';
  forget(): void;
  stop(): void;
}

interface Registration {
  readonly ID: string;
  readonly Name: string;
  readonly Port: number;
}

export async function startToyRegistry(): Promise<ToyRegistry> {
  const registered = new Map<string, { name: string; port: number }>();
  let index = 1;
  const state: { mode: ToyRegistry['mode'] } = { mode: 'well' };

  const passing = (name: string) =>
    [...registered]
      .filter(([, entry]) => entry.name === name)
      .map(([ID, { port }]) => ({
        Checks: [{ Status: 'passing' }],
        Node: { Address: '127.0.0.1' },
        Service: { ID, Address: '', Port: port, Meta: null },
      }));
  const answer = (path: string, body: string): { status: number; body: string } => {
    const [, , kind = '', , verb = '', id = ''] = path.split('/').map(decodeURIComponent);
    if (kind === 'health')
      return {
        status: 200,
        body: JSON.stringify(state.mode === 'empty' ? [] : passing(path.split('/')[4] ?? '')),
      };
    index += 1;
    if (verb === 'register') {
      const { ID, Name, Port } = JSON.parse(body) as Registration;
      registered.set(ID, { name: Name, port: Port });
    } else if (verb === 'deregister') registered.delete(id);
    else if (!registered.has(id.replace('service:', ''))) return { status: 404, body: 'unknown check' };
    return { status: 200, body: '' };
  };
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      const path = (request.url ?? '').split('?', 1)[0] ?? '';
      const result = state.mode === 'failing' ? { status: 500, body: 'away' } : answer(path, body);
      // A blocking query that never blocks for long: enough for followers, kind to stops.
      const pause = path.includes('/health/') ? 10 : 0;
      setTimeout(
        () => response.writeHead(result.status, { 'x-consul-index': String(index) }).end(result.body),
        pause,
      );
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`,
    registered,
    get mode() {
      return state.mode;
    },
    set mode(mode) {
      state.mode = mode;
    },
    forget: () => {
      registered.clear();
    },
    stop: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

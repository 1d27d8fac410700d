import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/** A way to a port that a test can cut, or make stand still as a peer does that no longer reads. */
export interface TcpProxy {
  readonly port: number;
  /** Cuts every connection. */
  drop(): void;
  /** Bytes towards the caller stop; the connections stay. */
  pause(): void;
  resume(): void;
  readonly connections: number;
  close(): Promise<void>;
}

export async function startTcpProxy(targetPort: number): Promise<TcpProxy> {
  const pairs = new Set<readonly [Socket, Socket]>();
  let isPaused = false;
  const server = createServer((caller) => {
    const target = connect(targetPort, '127.0.0.1');
    const pair = [caller, target] as const;
    pairs.add(pair);
    const end = () => {
      pairs.delete(pair);
      caller.destroy();
      target.destroy();
    };
    for (const socket of pair) socket.on('error', end).on('close', end);
    caller.pipe(target);
    target.on('data', (bytes) => {
      if (!caller.write(bytes)) target.pause();
    });
    caller.on('drain', () => {
      if (!isPaused) target.resume();
    });
    if (isPaused) target.pause();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    get connections() {
      return pairs.size;
    },
    drop: () => {
      for (const [caller] of pairs) caller.destroy();
    },
    pause: () => {
      isPaused = true;
      for (const [, target] of pairs) target.pause();
    },
    resume: () => {
      isPaused = false;
      for (const [, target] of pairs) target.resume();
    },
    close: async () => {
      server.close();
      for (const [caller] of pairs) caller.destroy();
      await once(server, 'close');
    },
  };
}

import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createRegistryClient } from '../discovery/index.js';
import { toyBundle } from './toy-lane.js';
import { startToyRegistry, type ToyRegistry } from './toy-registry.js';

/** Processes of the toy service, and a registry that names them as `toy` and `toy-grpc`. */
export interface ToyFleet {
  readonly registry: ToyRegistry;
  readonly pids: readonly number[];
  /** From now on the work of this process takes so long. */
  setWork(index: number, workMs: number): void;
  /** kill -9; the registry goes on naming it. */
  kill(index: number): Promise<void>;
  stop(): Promise<void>;
}

export async function startToyFleet(size: number): Promise<ToyFleet> {
  const registry = await startToyRegistry();
  const client = createRegistryClient(registry.url);
  const children: ChildProcess[] = [];

  const start = async (index: number) => {
    const child = fork(join(import.meta.dirname, 'toy-process.ts'), [], {
      execArgv: ['--conditions=@souk/source', '--import', 'tsx'],
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    children[index] = child;
    child.send({ bundle: toyBundle });
    const [ports] = (await once(child, 'message')) as [{ grpcPort: number; httpPort: number }];
    for (const [name, port] of [
      ['toy', ports.httpPort],
      ['toy-grpc', ports.grpcPort],
    ] as const) {
      const id = `${name}-${String(index)}`;
      await client.register({ id, name, port, address: '127.0.0.1', meta: {}, ttlSeconds: 10 });
    }
  };
  const kill = async (child: ChildProcess) => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  };
  await Promise.all(Array.from({ length: size }, (_, index) => start(index)));
  return {
    registry,
    pids: children.map(({ pid }) => pid ?? 0),
    setWork: (index, workMs) => {
      children[index]?.send({ workMs });
    },
    kill: async (index) => {
      const child = children[index];
      if (child) await kill(child);
    },
    stop: async () => {
      await Promise.all(children.map(kill));
      await client.close();
      registry.stop();
    },
  };
}

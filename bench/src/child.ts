import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const limitMs = 120_000;

/** A child process that carries out one order after another, and goes when this process does. */
export interface Child {
  order<T>(order: object): Promise<T>;
  /** For a child that shall die at once. */
  readonly process: ChildProcess;
  stop(): Promise<void>;
}

/** @param module relative to this folder, without extension; `nodeArgs` such as `--cpu-prof` */
export function startChild(module: string, nodeArgs: readonly string[] = []): Child {
  const file = fileURLToPath(new URL(`${module}.js`, import.meta.url));
  const child = fork(file, [], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'], execArgv: [...nodeArgs] });
  const exited = once(child, 'exit');
  return {
    process: child,
    order: async <T>(order: object) => {
      const aborted = AbortSignal.timeout(limitMs);
      child.send(order);
      const [answer] = (await Promise.race([
        once(child, 'message', { signal: aborted }),
        exited.then(() => [{ error: 'the child has exited' }]),
      ])) as [{ result?: T; error?: string }];
      if (answer.error !== undefined) throw new Error(`A child of the benchmark failed: ${answer.error}`);
      return answer.result as T;
    },
    stop: async () => {
      if (child.connected) child.disconnect();
      await exited;
    },
  };
}

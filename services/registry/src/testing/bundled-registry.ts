import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { build } from 'esbuild';
import { clientOf, eventually, type RegistryClient } from './start-registry.js';

const START_WITHIN_MS = 20_000;

/** The registry in one file, which starts in a fraction of the time that its sources need. @returns its path */
export async function bundleRegistry(folder: string): Promise<string> {
  const outfile = join(folder, 'registry.mjs');
  await build({
    entryPoints: [join(import.meta.dirname, '..', 'main.ts')],
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    conditions: ['@souk/source'],
    // Probes over gRPC are loaded with the first of them.
    external: ['@souk/comms/*'],
    banner: {
      js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
    },
    logLevel: 'error',
  });
  return outfile;
}

export interface LaunchedRegistry {
  readonly child: ChildProcess;
  readonly api: RegistryClient;
}

/** Starts a process of its own and waits until it answers. */
export async function launchRegistry(
  main: string,
  port: number,
  env: Readonly<Record<string, string>>,
): Promise<LaunchedRegistry> {
  const child = spawn(process.execPath, [main], {
    env: { REGISTRY_HTTP_PORT: String(port), REGISTRY_DNS_PORT: '0', REGISTRY_LOG_LEVEL: 'fatal', ...env },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const api = clientOf(`http://127.0.0.1:${port}`);
  const isUp = () =>
    api.get('/v1/status/leader').then(
      ({ status }) => status === 200,
      () => child.exitCode !== null,
    );
  await eventually(isUp, Boolean, START_WITHIN_MS);
  if (child.exitCode !== null) throw new Error(`the registry did not start: exit code ${child.exitCode}`);
  return { child, api };
}

export async function killRegistry(child: ChildProcess, signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill(signal);
  await exited;
}

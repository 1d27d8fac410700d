import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { startGuarded } from '../../../guardian/index.mjs';
import { root } from '../root.js';
import {
  gatewayEnvironment,
  providerEnvironment,
  registryEnvironment,
  serviceEnvironment,
  type Ground,
} from '../setup/environment.js';
import type { Rewire } from '../system.js';
import { startChild } from './child.js';
import { forgetInstance } from './forget-instance.js';
import { nodeFlags } from './node-flags.js';
import type { Member } from './supervisor.js';

/** How the processes of one system are launched. */
export interface Launching {
  readonly ground: Ground;
  /** Services from source, started again at each change of theirs. */
  readonly fromSource: boolean;
  /** Added to a service's environment; testing only. */
  readonly environment: Readonly<Record<string, string>>;
  readonly rewire: Rewire | undefined;
}

const logFileOf = (ground: Ground, instance: string): string =>
  join(ground.dataDir, 'logs', `${instance}.log`);

export function registryMember(ground: Ground): Member {
  const port = Number(new URL(ground.registryUrl).port);
  const env = registryEnvironment(ground, { port, dataDir: join(ground.dataDir, 'registry') });
  return builtMember(
    ground,
    { instance: 'registry', kind: 'registry', env, healthUrl: `${ground.registryUrl}/v1/status/leader` },
    join(ground.servicesDir, 'registry'),
  );
}

export function providerMember(ground: Ground): Member | undefined {
  const folder = join(root, 'infra', 'payment-provider');
  if (!existsSync(join(folder, 'dist', 'main.js'))) return undefined;
  const port = Number(new URL(ground.providerUrl).port);
  const env = providerEnvironment(ground, { port, dataDir: join(ground.dataDir, 'payment-provider') });
  return builtMember(
    ground,
    {
      instance: 'payment-provider',
      kind: 'payment-provider',
      env,
      healthUrl: `${ground.providerUrl}/health/live`,
    },
    folder,
  );
}

export function gatewayMember(ground: Ground): Member {
  const env = gatewayEnvironment(ground, Number(new URL(ground.gatewayUrl).port));
  return builtMember(
    ground,
    { instance: 'gateway', kind: 'gateway', env, healthUrl: `${ground.gatewayUrl}/gateway/health` },
    join(root, 'infra', 'gateway'),
  );
}

export function serviceMember(launching: Launching, service: string, instance: string): Member {
  const { ground } = launching;
  const folder = join(ground.servicesDir, service);
  const env = { ...serviceEnvironment(ground, service, instance), ...launching.environment };
  const logFile = logFileOf(ground, instance);
  const member: Member = launching.fromSource
    ? {
        instance,
        kind: 'service',
        logFile,
        launch: (more) => watchSource(folder, logFile, { ...env, ...more }),
      }
    : builtMember(ground, { instance, kind: 'service', env }, folder);
  return {
    ...member,
    launch: async (more) => {
      await forgetInstance(ground, service, instance);
      return member.launch({ ...(await launching.rewire?.(instance, env)), ...more });
    },
  };
}

function builtMember(
  ground: Ground,
  what: Pick<Member, 'instance' | 'kind' | 'healthUrl'> & { env: Record<string, string> },
  folder: string,
): Member {
  const main = join(folder, 'dist', 'main.js');
  const logFile = logFileOf(ground, what.instance);
  return {
    ...(what.healthUrl === undefined ? {} : { healthUrl: what.healthUrl }),
    instance: what.instance,
    kind: what.kind,
    logFile,
    launch: (more) => {
      if (!existsSync(main))
        return Promise.reject(new Error(`${what.instance} is not built: ${main} is missing.`));
      const env = { ...what.env, ...more };
      return Promise.resolve(startChild({ args: [...nodeFlags, main], cwd: folder, env, logFile }));
    },
  };
}

/** tsx reads its own stdin, so that a guardian has to hold the pipe in its place. */
async function watchSource(folder: string, logFile: string, env: Record<string, string>) {
  const tsx = join(root, 'node_modules', 'tsx', 'dist', 'cli.mjs');
  const guarded = await startGuarded({
    command: process.execPath,
    args: [tsx, 'watch', '--clear-screen=false', '--conditions=@souk/source', 'src/main.ts'],
    cwd: folder,
    env: { PATH: process.env['PATH'] ?? '', ...env },
    logFile,
    stopSignal: 'SIGTERM',
    stopTimeoutMs: 20_000,
  });
  return { pid: guarded.pid ?? 0, exited: guarded.exited, stop: guarded.stop };
}

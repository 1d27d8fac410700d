import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

/** What tells one system of containers from another on the same engine; crosses to the suites as JSON. */
export interface ComposeProject {
  readonly name: string;
  /** What its compose files are filled in with. */
  readonly environment: Readonly<Record<string, string>>;
}

/** `docker` and `docker compose` on one project. Each answers what was printed, or throws with what was complained of. */
export interface Compose {
  compose(...args: readonly string[]): Promise<string>;
  docker(...args: readonly string[]): Promise<string>;
  /** Ids of a service's containers, stopped ones too. */
  containersOf(service: string): Promise<string[]>;
}

const repository = fileURLToPath(new URL('../../../../', import.meta.url));

export function openCompose(project: ComposeProject, inherited: NodeJS.ProcessEnv): Compose {
  const environment = { ...inherited, ...project.environment, COMPOSE_PROJECT_NAME: project.name };
  const docker: Compose['docker'] = async (...args) => {
    const child = spawn('docker', args, {
      cwd: repository,
      env: environment,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const ended = new Promise<number>((resolve, reject) => {
      child.on('error', (cause) => {
        reject(new Error('Docker is not here: install it, or use npm test.', { cause }));
      });
      child.on('close', (code) => {
        resolve(code ?? 1);
      });
    });
    const [code, output, complaint] = await Promise.all([ended, text(child.stdout), text(child.stderr)]);
    if (code !== 0)
      throw new Error(`docker ${args.join(' ')} ended with ${String(code)}: ${complaint.slice(-3000)}`);
    return output;
  };
  const compose: Compose['compose'] = (...args) => docker('compose', ...args);
  return {
    docker,
    compose,
    containersOf: async (service) => linesOf(await compose('ps', '--all', '--quiet', service)),
  };
}

const linesOf = (output: string): string[] => output.split('\n').filter((line) => line !== '');

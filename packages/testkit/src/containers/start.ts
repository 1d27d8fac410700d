import { freePort } from '../free-port.js';
import type { SystemHandle } from '../system.js';
import { openCompose, type ComposeProject } from './compose.js';

export interface ContainerSystem {
  readonly handle: SystemHandle;
  readonly project: ComposeProject;
  /** Every invariant, over its databases. @throws with those that are broken */
  verify(): Promise<string>;
  /** Takes it down with its volumes. */
  stop(): Promise<void>;
}

/** A whole test run comes from one address, and more than once a second it signs in as the same administrator. */
const rateLimit = '1000';

/**
 * Brings up a system of its own in containers, beside any other: its own name, port, network and volumes.
 * @param environment of this process, which tells where the engine is
 */
export async function startContainers(environment: NodeJS.ProcessEnv): Promise<ContainerSystem> {
  const port = await freePort();
  const project: ComposeProject = {
    name: 'souk-test',
    environment: {
      SOUK_PORT: String(port),
      SOUK_NETWORK: '10.88.78',
      SOUK_RATE_LIMIT: rateLimit,
      SOUK_ADMIN_PASSWORD: '',
      SOUK_ALICE_PASSWORD: '',
    },
  };
  const { compose } = openCompose(project, environment);
  const stop = async (): Promise<void> => {
    await compose('--profile', '*', 'down', '--volumes', '--remove-orphans', '--timeout', '5');
  };
  try {
    await stop();
    await compose('up', '--build', '--wait', '--quiet-pull');
    const logins = await compose('run', '--rm', '--no-TTY', 'secrets', 'show');
    return {
      project,
      handle: {
        url: `http://127.0.0.1:${String(port)}`,
        capabilities: ['containers'],
        adminPassword: passwordOf('admin@souk.test', logins),
        alicePassword: passwordOf('alice@souk.test', logins),
        inside: undefined,
        project,
      },
      verify: () => compose('run', '--rm', '--no-TTY', 'verify'),
      stop,
    };
  } catch (error) {
    const said = await compose('logs', '--tail', '20').catch(() => '');
    process.stderr.write(`${said}\n`);
    await stop();
    throw error;
  }
}

function passwordOf(email: string, logins: string): string {
  const line = logins.split('\n').find((text) => text.startsWith(email)) ?? '';
  const password = line.split(/\s+/)[1];
  if (!password) throw new Error(`docker compose run --rm secrets show told no password of ${email}.`);
  return password;
}

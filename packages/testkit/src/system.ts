import { inheritedEnvironment, readConfig } from './config.js';
import { openCompose, type Compose, type ComposeProject } from './containers/compose.js';
import { remoteControl, type Control } from './embedded/control-client.js';

/** What a suite may do to a system beside talking to it. */
export type Capability = 'sql' | 'kill' | 'pause' | 'scale' | 'failpoint' | 'containers';

/** What can be told of a system as JSON: it crosses from the run's set-up to its suites. */
export interface SystemHandle {
  /** Of the gateway, without a slash at its end. */
  readonly url: string;
  readonly capabilities: readonly Capability[];
  readonly adminPassword: string;
  readonly alicePassword: string;
  /** Undefined when the system is not one of this machine's processes. */
  readonly inside: Inside | undefined;
  /** The containers that the system consists of. */
  readonly project?: ComposeProject;
}

export interface Inside {
  readonly controlUrl: string;
  readonly registryUrl: string;
  readonly eventsUrl: string;
  /** `kafka` or `local`. */
  readonly events: string;
  readonly webhookSecret: string;
  /** Where the logs of its processes are, one file each. */
  readonly logsDir: string;
  /** Where its secrets are, one file each. */
  readonly secretsDir: string;
  /** Paths of the services' private keys (PKCS#8 PEM), by service. */
  readonly serviceKeyFiles: Readonly<Record<string, string>>;
  /** Folders of `ca.pem`, `cert.pem` and `key.pem`, by service; empty where services talk plainly. */
  readonly certificateFolders: Readonly<Record<string, string>>;
  readonly jwksFile: string;
  /** Each service's own database URL. */
  readonly databases: Readonly<Record<string, string>>;
  /** The same for role `verifier`, which only reads. */
  readonly verifierUrls: Readonly<Record<string, string>>;
  readonly services: readonly string[];
}

/** A running system as suites see it. */
export interface System extends Omit<SystemHandle, 'capabilities' | 'inside' | 'project'> {
  readonly capabilities: ReadonlySet<Capability>;
  /** @throws a sentence when the system is not one of this machine's processes */
  readonly inside: Inside;
  /** @throws a sentence when the system is not one of this machine's processes */
  readonly control: Control;
  /** @throws a sentence when the system is not one of containers that this run brought up */
  readonly containers: Compose;
}

/**
 * The one system of this test run: the embedded one that the run's set-up started, or the live one at SOUK_URL, where
 * SOUK_ADMIN_PASSWORD and SOUK_ALICE_PASSWORD must be given as well.
 */
export async function openSystem(): Promise<System> {
  const config = readConfig();
  if (config.handle === undefined && config.url === undefined)
    throw new Error(
      'There is no system: run this suite by packages/testkit/jest.e2e.config.js, or set SOUK_URL.',
    );
  const handle =
    config.handle === undefined
      ? liveHandle(config.url ?? '', config)
      : (JSON.parse(config.handle) as SystemHandle);
  const answer = await fetch(`${handle.url}/healthz`);
  if (answer.status >= 500 && answer.status !== 503)
    throw new Error(`${handle.url}/healthz answered ${String(answer.status)}.`);
  return systemOf(handle);
}

function systemOf({ inside, project, ...handle }: SystemHandle): System {
  const known = <T>(part: T | undefined): T => {
    if (!part) throw new Error('This system does not offer this: declare what the suite needs.');
    return part;
  };
  return {
    url: handle.url,
    adminPassword: handle.adminPassword,
    alicePassword: handle.alicePassword,
    capabilities: new Set(handle.capabilities),
    get inside() {
      return known(inside);
    },
    get control() {
      return remoteControl(known(inside).controlUrl);
    },
    get containers() {
      return openCompose(known(project), inheritedEnvironment());
    },
  };
}

const liveHandle = (
  url: string,
  passwords: { adminPassword: string | undefined; alicePassword: string | undefined },
): SystemHandle => ({
  url: url.replace(/\/$/, ''),
  capabilities: [],
  adminPassword: passwords.adminPassword ?? '',
  alicePassword: passwords.alicePassword ?? '',
  inside: undefined,
});

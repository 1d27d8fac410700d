/** Where a test run finds or makes its system. The only reader of this package's environment. */
export interface TestConfig {
  /** A live system's gateway; nothing is started then. */
  readonly url: string | undefined;
  /** The transport of the system that is started; undefined leaves the choice to the machine. */
  readonly events: 'kafka' | 'local' | undefined;
  /** Mutual TLS between the services of the system that is started, unless SOUK_TEST_TLS is `off`. */
  readonly tls: boolean;
  readonly adminPassword: string | undefined;
  readonly alicePassword: string | undefined;
  /** The handle that a run's set-up left for its suites, as JSON. */
  readonly handle: string | undefined;
}

export function readConfig(): TestConfig {
  const { env } = process;
  const events = env['SOUK_TEST_EVENTS'];
  if (events !== undefined && events !== '' && events !== 'kafka' && events !== 'local')
    throw new Error('SOUK_TEST_EVENTS must be kafka or local.');
  return {
    url: env['SOUK_URL'],
    events: events === '' ? undefined : events,
    tls: env['SOUK_TEST_TLS'] !== 'off',
    adminPassword: env['SOUK_ADMIN_PASSWORD'],
    alicePassword: env['SOUK_ALICE_PASSWORD'],
    handle: env[handleKey],
  };
}

/** For programs that are started: where docker finds its engine, and PATH. */
export const inheritedEnvironment = (): NodeJS.ProcessEnv => process.env;

/** Leaves the handle to this process and the workers that it starts from now on. */
export function leaveHandle(handle: string): void {
  process.env[handleKey] = handle;
}

const handleKey = 'SOUK_TEST_HANDLE';

import type { ProcessKind } from './processes/supervisor.js';
import type { Door } from '@souk/kafka';
import type { EventsChoice, EventsKind } from './setup/events.js';
import type { Secrets } from './setup/secrets.js';

/** @returns the environment with which the instance is started */
export type Rewire = (
  instance: string,
  environment: Readonly<Record<string, string>>,
) => Promise<Readonly<Record<string, string>>>;

export interface SystemOptions {
  /** Holds data, secrets and logs; one run at a time. */
  readonly dataDir: string;
  /** Of the gateway; 0 takes any free one, and the registry does too. */
  readonly port: number;
  /** Kafka where it can run, unless said. */
  readonly events?: EventsKind | undefined;
  /** Instances by service, in place of the manifest's `replicas`. */
  readonly scale?: Readonly<Record<string, number>>;
  /** Start again what ends by itself; true unless said. */
  readonly supervise?: boolean;
  readonly fromSource?: boolean;
  /** Mutual TLS between services and from the gateway to them. */
  readonly tls?: boolean;
  /** Scales the gateway's limits; 1 unless said. */
  readonly rateLimit?: number;
  readonly adminPassword?: string | undefined;
  readonly alicePassword?: string | undefined;
  /** The folder of services; the repository's unless said. */
  readonly servicesDir?: string;
  /** Added to every service's environment. */
  readonly environment?: Readonly<Record<string, string>>;
  /** May change what a service's instance is told at each start of it, such as its peers' addresses; testing only. */
  readonly rewire?: Rewire;
  /** More ways into Kafka, such as through a link that can be broken; testing only. */
  readonly kafkaDoors?: readonly Door[];
  /** Gets a line at each step. */
  readonly report?: (line: string) => void;
  /** Gets a text for each process that ended by itself. */
  readonly onCrash?: (text: string) => void;
}

export interface RunningProcess {
  readonly instance: string;
  readonly kind: ProcessKind;
  /** Undefined while it is down. */
  readonly pid: number | undefined;
}

export interface RunningSystem {
  /** Of the gateway, without a slash at its end. */
  readonly url: string;
  readonly registryUrl: string;
  readonly eventsUrl: string;
  readonly providerUrl: string;
  readonly events: EventsChoice;
  /** Each service's own database URL, by the service's name. */
  readonly databases: Readonly<Record<string, string>>;
  readonly superuserUrl: string;
  /** The same database for role `verifier`, which only reads; `souk_events` by the name `events`. */
  verifierUrl(name: string): string;
  readonly secrets: Secrets;
  /** The folder of a process's certificates; undefined without TLS. */
  certificatesOf(process: string): string | undefined;
  readonly processes: readonly RunningProcess[];
  /** Sends a signal to a process, `postgres` and `kafka` among them. */
  kill(instance: string, signal?: NodeJS.Signals): void;
  /**
   * Stops it in order if it runs, starts it, and waits until it is ready.
   * @param environment added to a service's environment for this run of it: the supervisor's own restarts lack it
   */
  restart(instance: string, environment?: Readonly<Record<string, string>>): Promise<void>;
  pause(instance: string): void;
  resume(instance: string): void;
  /** Starts or stops instances until there are `count`; resolves when all are ready. */
  scale(service: string, count: number): Promise<void>;
  /** Resolves when every process is ready. */
  ready(): Promise<void>;
  stop(): Promise<void>;
}

export interface GuardedOrder {
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  /** Gets the server's output, appended. */
  readonly logFile: string;
  /** Asks the server to end in order. */
  readonly stopSignal: NodeJS.Signals;
  /** After so long SIGKILL ends it. */
  readonly stopTimeoutMs: number;
  /** Runs the server as another user (only root can). */
  readonly user?: { readonly uid: number; readonly gid: number };
}

export interface Guarded {
  /** Of the server itself; undefined when it could not be started. */
  readonly pid: number | undefined;
  readonly guardianPid: number | undefined;
  /** The server's exit code, once it has ended for whatever reason. */
  readonly exited: Promise<number | null>;
  /** Stops the server and waits for its end; a second call only waits. */
  stop(): Promise<void>;
}

/** Starts a server that cannot outlive this process, not even when this process is killed with SIGKILL. */
export function startGuarded(order: GuardedOrder): Promise<Guarded>;

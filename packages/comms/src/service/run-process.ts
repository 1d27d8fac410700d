/** What a process runs: the service or another server. */
export interface Runnable {
  start(): Promise<unknown>;
  stop(): Promise<void>;
  /** Settles when only a restart helps. */
  readonly failed?: Promise<Error>;
}

const stopWithinMs = 20_000;

/**
 * Builds an app, starts it, and stops it in order on SIGTERM, SIGINT or, when held, as soon as standard input closes.
 * Exits 0 after a stop that was asked for, 1 when the app failed, could not start, or did not stop in 20 s.
 */
export async function runProcess(build: () => Promise<{ app: Runnable; holdStdin: boolean }>): Promise<void> {
  const { app, holdStdin } = await build().catch(giveUp);
  let stopping = false;
  const stop = (exitCode: number) => {
    if (stopping) return;
    stopping = true;
    setTimeout(() => process.exit(1), stopWithinMs).unref();
    app.stop().then(
      () => process.exit(exitCode),
      (error: unknown) => {
        process.stderr.write(`stopping failed: ${String(error)}\n`);
        process.exit(1);
      },
    );
  };
  process.on('SIGTERM', () => {
    stop(0);
  });
  process.on('SIGINT', () => {
    stop(0);
  });
  if (holdStdin) {
    process.stdin.on('close', () => {
      stop(0);
    });
    process.stdin.resume();
  }
  void app.failed?.then((error) => {
    process.stderr.write(`${error.message}\n`);
    stop(1);
  });
  try {
    await app.start();
  } catch (error) {
    process.stderr.write(`${sentenceOf(error)}\n`);
    stop(1);
  }
}

function giveUp(error: unknown): never {
  process.stderr.write(`${sentenceOf(error)}\n`);
  process.exit(1);
}

const sentenceOf = (error: unknown): string =>
  `Could not start: ${error instanceof Error ? error.message : String(error)}`;

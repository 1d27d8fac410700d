import { createRegistry } from './app.js';
import { readConfig } from './config.js';

try {
  const config = readConfig();
  const registry = await createRegistry(config);
  const stop = () => {
    registry.stop().catch(fail);
  };
  process.once('SIGINT', stop).once('SIGTERM', stop);
  if (config.holdStdin) {
    process.stdin.once('end', stop).once('error', stop).resume();
    // Standard input alone doesn't keep a registry alive that has left.
    if ('unref' in process.stdin) process.stdin.unref();
  }
  await registry.start();
} catch (error) {
  fail(error);
}

function fail(error: unknown): void {
  process.stderr.write(`registry: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}

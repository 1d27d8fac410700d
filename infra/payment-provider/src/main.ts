import { readConfig } from './config.js';
import { createProvider } from './provider.js';

try {
  const config = readConfig();
  const provider = createProvider(config);
  let stopping: Promise<void> | undefined;
  const stop = () => {
    stopping ??= provider.stop().then(() => process.exit(0));
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
  if (config.holdStdin) {
    process.stdin.on('close', stop);
    process.stdin.resume();
  }
  await provider.start();
} catch (error) {
  const reason = error instanceof Error ? error.message : String(error);
  process.stderr.write(`The payment provider could not start: ${reason}\n`);
  process.exit(1);
}

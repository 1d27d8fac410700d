import { readConfig } from './config.js';
import { createProvider } from './provider.js';

const config = readConfig(process.env);
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

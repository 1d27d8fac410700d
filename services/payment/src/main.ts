import { runProcess } from '@souk/comms/service';
import { createApp } from './app.js';
import { readConfig } from './config.js';

await runProcess(async () => {
  const config = readConfig();
  return { app: await createApp(config), holdStdin: config.HOLD_STDIN === 1 };
});

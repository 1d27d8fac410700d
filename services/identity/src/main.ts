import { runProcess } from '@souk/comms/service';
import { createApp } from './app.js';
import { readConfig } from './config.js';

const config = readConfig();
await runProcess(await createApp(config), { holdStdin: config.HOLD_STDIN });

// Asks PROBE_URL whether its server is well: the health check of every image, for which no shell is needed.
import { get } from 'node:http';

const end = (code) => process.exit(code);
get(process.env.PROBE_URL, { timeout: 2500 }, ({ statusCode }) => end(statusCode === 200 ? 0 : 1))
  .on('timeout', () => end(1))
  .on('error', () => end(1));

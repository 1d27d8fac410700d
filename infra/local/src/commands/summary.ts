import type { RunningSystem } from '../system.js';

/** What started, where to look, and how to place the first order. */
export function summaryOf(system: RunningSystem): string {
  const { url, secrets } = system;
  const width = Math.max(...system.processes.map(({ instance }) => instance.length));
  const table = system.processes.map(
    ({ instance, kind, pid }) => `  ${instance.padEnd(width)}  ${kind.padEnd(16)}  pid ${pid ?? 'none'}`,
  );
  return [
    '',
    ...table,
    '',
    `  Start here   ${url}/`,
    `  API          ${url}/docs`,
    `  Registry     ${system.registryUrl}/v1/agent/services`,
    `  Events       ${system.events.kind}, ${system.events.why}`,
    '',
    `  admin@souk.test   ${secrets.adminPassword}`,
    `  alice@souk.test   ${secrets.alicePassword}`,
    '',
    '  Try, in another terminal:',
    '    npm run demo',
    `    curl ${url}/api/products`,
    `    curl ${url}/healthz`,
    '',
    'Ctrl-C stops it.',
  ].join('\n');
}

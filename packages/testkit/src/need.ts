import type { Capability, System } from './system.js';

/**
 * Does the system offer all that a suite needs? An unmet need is printed: `const suite = need(system, 'kill') ?
 * describe : describe.skip`.
 */
export function need(system: System, ...capabilities: Capability[]): boolean {
  const missing = capabilities.filter((capability) => !system.capabilities.has(capability));
  if (missing.length === 0) return true;
  process.stderr.write(`skipped: ${system.url} does not offer ${missing.join(', ')}\n`);
  return false;
}

import { readFileSync } from 'node:fs';
import { isPriority, priorities, type Priority } from '../resilience/index.js';

/**
 * The priority that a service's manifest names.
 * @throws an Error whose one sentence says what is wrong with the manifest
 */
export function priorityIn(manifest: URL | undefined): Priority {
  if (!manifest) return 'order';
  const value: unknown = JSON.parse(readFileSync(manifest, 'utf8'));
  const priority =
    typeof value === 'object' && value !== null && 'priority' in value ? value.priority : undefined;
  if (isPriority(priority)) return priority;
  throw new Error(`"priority" in ${manifest.pathname} must be one of ${priorities.join(', ')}.`);
}

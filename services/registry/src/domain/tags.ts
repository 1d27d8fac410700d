import type { ServiceRecord } from './shapes.js';

/** True when the service has every one of these tags, whatever their case. */
export function hasTags(service: ServiceRecord, tags: readonly string[]): boolean {
  if (tags.length === 0) return true;
  const own = new Set(service.tags.map((tag) => tag.toLowerCase()));
  return tags.every((tag) => own.has(tag.toLowerCase()));
}

/** What is served first when not everything can be, most important first. */
export const priorities = ['health', 'payment', 'order', 'browse'] as const;

export type Priority = (typeof priorities)[number];

/** The key under which a call names the priority of the service that makes it. */
export const priorityKey = 'souk-priority';

export const isPriority = (value: unknown): value is Priority =>
  typeof value === 'string' && (priorities as readonly string[]).includes(value);

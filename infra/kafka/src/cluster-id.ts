import { randomBytes } from 'node:crypto';

/** A new cluster's id, as Kafka draws its own: never one that its command line would take for an option. */
export function newClusterId(): string {
  for (;;) {
    const id = randomBytes(16).toString('base64url');
    if (!id.startsWith('-')) return id;
  }
}

import { Metadata } from '@grpc/grpc-js';
import { isPriority, priorityKey, type Priority } from '../resilience/index.js';
import type { Texts } from './lane/texts.js';

/** The user on whose behalf a service calls; believed because the service is authenticated. */
export const userKey = 'souk-user';

const credentials = new Set(['authorization', 'traceparent', 'user-agent', priorityKey]);

export const textOf = (metadata: Metadata, key: string): string | undefined => {
  const [value] = metadata.get(key);
  return typeof value === 'string' ? value : undefined;
};

export function metadataOf(entries: Texts): Metadata {
  const metadata = new Metadata();
  for (const [key, value] of Object.entries(entries)) metadata.set(key, value);
  return metadata;
}

/** What a caller sent beside the request, without what the transport itself reads. */
export function textsOfMetadata(metadata: Metadata): Texts {
  const texts: Record<string, string> = {};
  for (const [key, value] of Object.entries(metadata.getMap()))
    if (typeof value === 'string' && !credentials.has(key)) texts[key] = value;
  return texts;
}

export function priorityOf(text: string | undefined): Priority {
  return isPriority(text) ? text : 'order';
}

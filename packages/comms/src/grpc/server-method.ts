import type { ServicePrincipal } from '../auth/index.js';
import { labelsOf } from './labels.js';
import { pathOf, type MethodDefinition, type ServiceDefinition } from './definition.js';
import type { Texts } from './lane/texts.js';

/** What a method learns of its call beside the request. */
export interface GrpcCall {
  readonly peer: ServicePrincipal;
  /** Aborted when nobody waits for the answer any more: the caller went away, or its deadline passed. */
  readonly signal: AbortSignal;
  /** What the caller sent beside the request, without credentials. */
  readonly metadata: Texts;
  /** Sends a text after the answer. */
  setTrailer(key: string, value: string): void;
}

export type Work = (request: unknown, call: GrpcCall) => Promise<unknown>;

/** One method as the server carries it out, whichever way its calls come. */
export interface ServerMethod {
  readonly path: string;
  readonly service: ServiceDefinition;
  readonly definition: MethodDefinition;
  readonly work: Work;
  /** The services that may call it. */
  readonly allowed: ReadonlySet<string>;
  /** What its calls are measured under, by status. */
  readonly labels: ReturnType<typeof labelsOf>;
}

export const serverMethod = (
  service: ServiceDefinition,
  definition: MethodDefinition,
  { work, allowed }: { work: Work; allowed: readonly string[] },
): ServerMethod => ({
  path: pathOf(service, definition),
  service,
  definition,
  work,
  allowed: new Set(allowed),
  labels: labelsOf(service, definition),
});

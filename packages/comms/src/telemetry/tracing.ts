import type { Attributes } from '@opentelemetry/api';
import { currentCall, currentTraceparent, runInCall } from './call-context.js';
import { childOf, formatTraceparent, parseTraceparent, type TraceContext } from './trace-context.js';

/** What a span is about, by OpenTelemetry's semantic conventions. */
export interface SpanFacts {
  readonly name: string;
  readonly kind: 'server' | 'client' | 'producer' | 'consumer' | 'internal';
  readonly attributes?: Attributes;
  /** Traces that this work belongs to beside its own: the traceparents of a batch's messages. */
  readonly links?: readonly string[];
}

/** A piece of work that is recorded. */
export interface Span {
  readonly trace: TraceContext;
  /** @param error why it failed: our code, or an error type */
  end(outcome?: { readonly error?: string | undefined; readonly attributes?: Attributes }): void;
}

export interface Tracer {
  start(facts: SpanFacts, parent: TraceContext | undefined): Span;
  /** Sends what is recorded and not sent yet. */
  close(): Promise<void>;
}

let installed: Tracer | undefined;

/** Makes `tracer` record the spans of this process; undefined records none. */
export const installTracer = (tracer: Tracer | undefined): void => {
  installed = tracer;
};

/** A span below `parent`; undefined while nothing is recorded, which costs nothing. */
export const startSpan = (parent: TraceContext | undefined, facts: () => SpanFacts): Span | undefined =>
  installed?.start(facts(), parent);

/**
 * Does a piece of work that an earlier one caused, within that one's trace.
 * @param traceparent of what caused it, as stored or received
 */
export function runInSpan<T>(
  traceparent: string | undefined,
  facts: () => SpanFacts,
  work: () => Promise<T>,
): Promise<T> {
  const parent = parseTraceparent(traceparent);
  const span = startSpan(parent, facts);
  const result = runInCall({ trace: span?.trace ?? childOf(parent) }, work);
  return span ? recorded(span, result) : result;
}

/** Sends a call on. @param send gets the traceparent to send: that of a span of its own where spans are recorded */
export function sendInSpan<T>(facts: () => SpanFacts, send: (traceparent: string) => Promise<T>): Promise<T> {
  const span = startSpan(currentCall()?.trace, facts);
  return span ? recorded(span, send(formatTraceparent(span.trace))) : send(currentTraceparent());
}

async function recorded<T>(span: Span, work: Promise<T>): Promise<T> {
  try {
    const result = await work;
    span.end();
    return result;
  } catch (error) {
    span.end({ error: nameOf(error) });
    throw error;
  }
}

function nameOf(error: unknown): string {
  if (typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'string')
    return error.code;
  return error instanceof Error ? error.name : 'error';
}

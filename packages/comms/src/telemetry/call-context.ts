import { AsyncLocalStorage } from 'node:async_hooks';
import { childOf, formatTraceparent, parseTraceparent, type TraceContext } from './trace-context.js';

/** What travels with a piece of work through every await of a process. */
export interface CallContext {
  readonly trace: TraceContext;
  /** When the caller stops waiting, in epoch milliseconds. */
  readonly deadlineAtMs?: number;
  /** The user on whose behalf the work is done. */
  readonly userId?: string;
}

const storage = new AsyncLocalStorage<CallContext>();

export const currentCall = (): CallContext | undefined => storage.getStore();

export const runInCall = <T>(context: CallContext, work: () => T): T => storage.run(context, work);

/** Makes `context` that of the rest of the current asynchronous execution (for request hooks that cannot wrap). */
export const enterCall = (context: CallContext): void => {
  storage.enterWith(context);
};

/**
 * The context of work that a caller asked for.
 * @param traceparent as received, `remainingMs` the time that the caller still waits
 */
export function callFrom(traceparent: string | undefined, remainingMs?: number): CallContext {
  const trace = childOf(parseTraceparent(traceparent));
  return remainingMs === undefined ? { trace } : { trace, deadlineAtMs: Date.now() + remainingMs };
}

/** The traceparent to send on: the current trace, or a new one outside any call. */
export const currentTraceparent = (): string =>
  formatTraceparent(storage.getStore()?.trace ?? childOf(undefined));

export const currentTraceId = (): string | undefined => storage.getStore()?.trace.traceId;

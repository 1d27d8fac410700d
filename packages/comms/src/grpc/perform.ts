import type { RefusalLog, ServicePrincipal } from '../auth/index.js';
import { ServiceError } from '../errors/index.js';
import type { Limiter, Priority } from '../resilience/index.js';
import { callMeasures, type CallMeasures, type Logger, type Metrics } from '../telemetry/index.js';
import { createDeadlines, type Deadlines } from './deadlines.js';
import type { Texts } from './lane/texts.js';
import { RunningCall } from './running-call.js';
import type { ServerMethod } from './server-method.js';

/** A call as it came in, by whichever way. */
export interface Incoming {
  readonly request: Buffer;
  readonly traceparent: string | undefined;
  readonly remainingMs: number;
  readonly priority: Priority;
  readonly metadata: Texts;
  /** Who calls: known already, or to be found out. */
  readonly peer: ServicePrincipal | (() => Promise<ServicePrincipal>);
}

export type Finish = (error: ServiceError | undefined, response: Buffer, trailers: Texts) => void;

/** A call under way. */
export interface Running {
  /** Its caller has gone: the work's signal is aborted and its outcome is nobody's. */
  cancel(): void;
}

export interface PerformDeps {
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly limiter: Limiter;
  readonly refusals: RefusalLog;
}

export interface PerformParts extends PerformDeps {
  readonly measures: CallMeasures;
  readonly deadlines: Deadlines;
}

/** Carries out one call; `finish` is told once. */
export type Perform = (method: ServerMethod, incoming: Incoming, finish: Finish) => Running;

const overloaded = (): ServiceError =>
  new ServiceError('too_many_requests', 'This instance has as much to do as it can.', {
    retryAfterSeconds: 1,
  });

/**
 * The one way in which a method is carried out, for plain calls and the lane alike: deadline, limit, authorisation,
 * call context, measures, log.
 */
export function createPerform(deps: PerformDeps): Perform {
  const parts: PerformParts = {
    ...deps,
    measures: callMeasures(deps.metrics.meter, 'rpc.server'),
    deadlines: createDeadlines(),
  };
  return (method, incoming, finish) => {
    const call = new RunningCall({ parts, method, incoming, finish, startedAt: performance.now() });
    if (incoming.remainingMs <= 0)
      call.fail(new ServiceError('deadline_exceeded', 'The deadline of this call has passed.'));
    else if (!deps.limiter.tryAcquire(incoming.priority)) call.fail(overloaded());
    else call.start();
    return call;
  };
}

import type { ServicePrincipal } from '../auth/index.js';
import { errorCodes, ServiceError } from '../errors/index.js';
import {
  childOf,
  parseTraceparent,
  runInCall,
  startSpan,
  type CallContext,
  type Span,
} from '../telemetry/index.js';
import { maxMessageBytes } from './channel-options.js';
import type { Expiring } from './deadlines.js';
import { encode } from './definition.js';
import { noTexts } from './lane/texts.js';
import { userKey } from './metadata.js';
import type { Finish, Incoming, PerformParts, Running } from './perform.js';
import type { GrpcCall, ServerMethod } from './server-method.js';

/** A call that took longer leaves a line in the log. */
const slowMs = 1000;
const noBytes = Buffer.alloc(0);

interface Facts {
  readonly parts: PerformParts;
  readonly method: ServerMethod;
  readonly incoming: Incoming;
  readonly finish: Finish;
  readonly startedAt: number;
}

/** One call that a server carries out, from its start to its one outcome. */
export class RunningCall implements Running, GrpcCall, Expiring {
  readonly untilMs: number;
  place = -1;
  readonly #facts: Facts;
  readonly #context: CallContext;
  readonly #span: Span | undefined;
  #peer: ServicePrincipal | undefined;
  #abort: AbortController | undefined;
  #trailers: Record<string, string> | undefined;
  #holdsPermit = false;
  #isOver = false;

  constructor(facts: Facts) {
    this.#facts = facts;
    const { traceparent, remainingMs, metadata } = facts.incoming;
    this.untilMs = Date.now() + remainingMs;
    const parent = parseTraceparent(traceparent);
    this.#span = startSpan(parent, () => ({
      name: facts.method.path.slice(1),
      kind: 'server',
      attributes: { 'rpc.system': 'grpc', 'rpc.method': facts.method.path.slice(1) },
    }));
    const userId = metadata[userKey];
    this.#context = {
      trace: this.#span?.trace ?? childOf(parent),
      deadlineAtMs: this.untilMs,
      ...(userId === undefined ? {} : { userId }),
    };
  }

  get peer(): ServicePrincipal {
    if (!this.#peer) throw new ServiceError('unauthenticated', 'A service token is needed.');
    return this.#peer;
  }

  get metadata() {
    return this.#facts.incoming.metadata;
  }

  /** Made when first asked for: few methods do. */
  get signal(): AbortSignal {
    this.#abort ??= new AbortController();
    return this.#abort.signal;
  }

  setTrailer(key: string, value: string): void {
    this.#trailers ??= {};
    this.#trailers[key] = value;
  }

  /** Needs a permit of the limiter, which it gives back at its end. */
  start(): void {
    this.#holdsPermit = true;
    this.#facts.parts.deadlines.add(this);
    runInCall(this.#context, () => {
      this.#run().then(
        (response) => {
          this.#succeed(response);
        },
        (error: unknown) => {
          this.fail(ServiceError.from(error));
        },
      );
    });
  }

  async #run(): Promise<unknown> {
    const { incoming, method } = this.#facts;
    const { peer } = incoming;
    this.#peer = typeof peer === 'function' ? await peer() : peer;
    if (!method.allowed.has(this.#peer.service))
      throw new ServiceError('permission_denied', `${this.#peer.service} may not call this method.`);
    // The caller may have gone while its token was verified.
    if (this.#isOver) return undefined;
    return method.work(decode(method, incoming.request), this);
  }

  #succeed(answer: unknown): void {
    if (this.#isOver) {
      this.#leave(this.#tookMs());
      return;
    }
    try {
      const response = encode(this.#facts.method.definition.responseType, answer);
      if (response.length > maxMessageBytes)
        throw new ServiceError('payload_too_large', 'The answer is larger than a message may be.');
      this.#end(undefined, response);
    } catch (error) {
      this.fail(ServiceError.from(error));
    }
  }

  fail(error: ServiceError): void {
    if (this.#isOver) this.#leave(this.#tookMs());
    else this.#end(error, noBytes);
  }

  cancel(): void {
    this.expire(new ServiceError('cancelled', 'The caller went away.'));
  }

  onDeadline(): void {
    this.expire(new ServiceError('deadline_exceeded', 'The deadline of this call has passed.'));
  }

  /** Ends the call for its caller while its work may go on; the work keeps its place until it has ended. */
  expire(error: ServiceError): void {
    if (this.#isOver) return;
    const held = this.#holdsPermit;
    this.#holdsPermit = false;
    this.#end(error, noBytes);
    this.#holdsPermit = held;
    this.#abort?.abort(error);
  }

  #end(error: ServiceError | undefined, response: Buffer): void {
    this.#isOver = true;
    this.#facts.parts.deadlines.remove(this);
    const tookMs = this.#tookMs();
    this.#leave(error && overloadSays(error) ? undefined : tookMs);
    this.#span?.end({ error: error?.code });
    this.#measure(error, { tookMs, bytes: response.length });
    this.#facts.finish(error, response, this.#trailers ?? noTexts);
  }

  #tookMs(): number {
    return performance.now() - this.#facts.startedAt;
  }

  #leave(tookMs: number | undefined): void {
    if (!this.#holdsPermit) return;
    this.#holdsPermit = false;
    this.#facts.parts.limiter.release(this.#facts.method.path, tookMs, Date.now() < this.untilMs);
  }

  #measure(error: ServiceError | undefined, { tookMs, bytes }: { tookMs: number; bytes: number }): void {
    const { parts, method, incoming } = this.#facts;
    const code = error ? errorCodes[error.code].grpc : 0;
    const labels = method.labels(code);
    parts.measures.durationMs(tookMs, labels);
    parts.measures.requestBytes(incoming.request.length, labels);
    parts.measures.responseBytes(bytes, labels);
    if (error?.code === 'unauthenticated' || error?.code === 'permission_denied') {
      parts.refusals.refused({ method: method.path, caller: this.#peer?.service, error });
      return;
    }
    const level = error?.code === 'internal' ? 'error' : tookMs > slowMs ? 'info' : 'debug';
    if (!parts.logger.isLevelEnabled(level)) return;
    runInCall(this.#context, () => {
      const line = { rpc: method.path, status: code, ms: Math.round(tookMs * 10) / 10 };
      if (level === 'error')
        parts.logger.error(
          { ...line, err: error?.cause ?? error, method: method.definition.name },
          'rpc failed',
        );
      else parts.logger[level](line, 'grpc');
    });
  }
}

/** Refusals are quick whatever the load: the limiter learns nothing from them. */
const overloadSays = ({ code }: ServiceError): boolean =>
  code === 'unauthenticated' || code === 'permission_denied' || code === 'invalid_argument';

function decode(method: ServerMethod, bytes: Buffer): unknown {
  try {
    return method.definition.requestType.decode(bytes);
  } catch (error) {
    throw new ServiceError('invalid_argument', 'The request is not a valid protobuf message.', {
      cause: error,
    });
  }
}

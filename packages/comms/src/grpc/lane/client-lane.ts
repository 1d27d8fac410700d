import { ServiceError } from '../../errors/index.js';
import { createDeadlines, type Expiring } from '../deadlines.js';
import type { OutgoingCall } from '../outgoing-call.js';
import { createAssembly, type Assembly } from './assembly.js';
import { callFrameBytes, writeCall, type CallFacts } from './call-frame.js';
import { createOutbox } from './outbox.js';
import { creditFrame, eachFrame, frameKinds, frameOf, messageBytes } from './protocol.js';
import { createSlots } from './slots.js';
import { bytesOfTexts, failureOfBytes, noTexts, textsOfBytes, type Texts } from './texts.js';

/** The stream below a lane, whatever carries it. */
export interface LaneStream {
  write(message: Buffer, done: () => void): void;
  /** No more calls will come; the server ends the stream once it has answered. */
  end(): void;
  /** Gives up the stream at once. */
  destroy(): void;
}

export interface ClientLaneOptions {
  readonly stream: LaneStream;
  /** The service token of the moment; renewed on the lane whenever it changes. */
  readonly token: () => string;
  /** The lane takes no new calls from now on. */
  readonly onRetired: () => void;
  /** How often it looks whether the token is another. */
  readonly renewEveryMs?: number;
}

/** The client's end of a lane. */
export interface ClientLane {
  /** Ends the call at its deadline, by its answer, or with the lane. Refuses when its peer reads too slowly. */
  start(call: OutgoingCall): void;
  receive(message: Buffer): void;
  /** Takes no new calls; ends the stream when the last one under way has ended. */
  retire(): void;
  /** The stream is over. @returns the calls that it left without an answer, no longer this lane's */
  ended(): OutgoingCall[];
  readonly isOpen: boolean;
  /** For tests: what it keeps in memory. */
  readonly size: { readonly calls: number; readonly queued: number };
}

class Pending implements Expiring {
  readonly number: number;
  readonly call: OutgoingCall;
  readonly untilMs: number;
  place = -1;
  isSent = false;
  assembly: Assembly | undefined;
  trailers: Texts = noTexts;

  constructor(number: number, call: OutgoingCall) {
    this.number = number;
    this.call = call;
    this.untilMs = call.facts.untilMs;
  }

  onDeadline(): void {
    this.call.cancel(new ServiceError('deadline_exceeded', 'The deadline of this call has passed.'));
  }
}

const maxBacklogBytes = 8 * 1024 * 1024;
const usualRenewalMs = 10_000;

const costOf = (call: OutgoingCall): number => call.facts.request.length + 256;

export function createClientLane(options: ClientLaneOptions): ClientLane {
  const { stream } = options;
  const pending = createSlots<Pending>(true);
  const methods = new Map<string, number>();
  const deadlines = createDeadlines();
  let controls: Buffer[] = [];
  let queue: Pending[] = [];
  let backlogBytes = 0;
  let isOpen = true;
  let token = options.token();

  const control = (frame: Buffer) => {
    controls.push(frame);
    outbox.poke();
  };
  const renewToken = () => {
    const current = options.token();
    if (current === token) return;
    token = current;
    control(frameOf(frameKinds.token, 0, Buffer.from(current)));
  };
  const renewal = setInterval(renewToken, options.renewEveryMs ?? usualRenewalMs).unref();

  const methodNumber = (path: string): number => {
    const known = methods.get(path);
    if (known !== undefined) return known;
    const number = methods.size + 1;
    methods.set(path, number);
    controls.push(frameOf(frameKinds.method, number, Buffer.from(path)));
    return number;
  };

  /** Calls whose caller has gone are never sent; what time is left is told as of now. */
  const take = (): Buffer | undefined => {
    const now = Date.now();
    const facts: (CallFacts & { number: number })[] = [];
    let bytes = 0;
    let taken = 0;
    for (const entry of queue) {
      if (bytes >= messageBytes) break;
      taken += 1;
      backlogBytes -= costOf(entry.call);
      if (entry.call.isOver) continue;
      const frame = factsOf(entry, now);
      facts.push(frame);
      entry.isSent = true;
      bytes += callFrameBytes(frame);
    }
    queue = taken === queue.length ? [] : queue.slice(taken);
    for (const frame of controls) bytes += frame.length;
    if (bytes === 0) return undefined;
    const message = Buffer.allocUnsafe(bytes);
    let at = 0;
    for (const frame of controls) {
      message.set(frame, at);
      at += frame.length;
    }
    controls = [];
    for (const frame of facts) at = writeCall(message, at, frame);
    return message;
  };
  const factsOf = ({ number, call: { facts } }: Pending, now: number) => ({
    number,
    method: methodNumber(facts.path),
    priority: facts.priority,
    timeoutMs: facts.untilMs - now,
    traceparent: facts.traceparent,
    metadata: bytesOfTexts(facts.metadata),
    request: facts.request,
  });
  const outbox = createOutbox({ take, write: stream.write, end: stream.end });

  const forget = (entry: Pending) => {
    pending.remove(entry.number);
    deadlines.remove(entry);
    entry.call.release = undefined;
    if (!isOpen && pending.size === 0) end();
  };
  const letGo = (entry: Pending) => {
    forget(entry);
    if (entry.isSent) control(frameOf(frameKinds.cancel, entry.number));
  };
  const end = () => {
    clearInterval(renewal);
    outbox.end();
  };
  const fail = (entry: Pending, error: ServiceError) => {
    forget(entry);
    entry.call.fail(error);
  };
  const onFrame = (kind: number, number: number, body: Buffer) => {
    if (kind === frameKinds.goAway) {
      retire();
      return;
    }
    const entry = pending.get(number);
    // The answer to a call that was cancelled meanwhile.
    if (!entry) return;
    switch (kind) {
      case frameKinds.answer:
        forget(entry);
        entry.call.succeed(body, entry.trailers);
        break;
      case frameKinds.failure:
        fail(entry, failureOfBytes(body));
        break;
      case frameKinds.trailers:
        entry.trailers = textsOfBytes(body);
        break;
      case frameKinds.chunk:
      case frameKinds.lastChunk:
        onPart(entry, body, kind === frameKinds.lastChunk);
        break;
      default:
        break;
    }
  };
  const onPart = (entry: Pending, part: Buffer, isLast: boolean) => {
    entry.assembly ??= createAssembly();
    if (!entry.assembly.add(part)) {
      entry.call.cancel(new ServiceError('payload_too_large', 'The answer is larger than a message may be.'));
    } else if (isLast) {
      forget(entry);
      entry.call.succeed(entry.assembly.whole(), entry.trailers);
    } else control(creditFrame(entry.number, part.length));
  };

  const retire = () => {
    if (!isOpen) return;
    isOpen = false;
    options.onRetired();
    if (pending.size === 0) end();
  };

  return {
    get isOpen() {
      return isOpen;
    },
    get size() {
      return { calls: pending.size, queued: queue.length + controls.length };
    },
    start: (call) => {
      if (backlogBytes > maxBacklogBytes) {
        call.fail(new ServiceError('unavailable', 'A peer does not read its calls.'));
        return;
      }
      const entry = pending.add((number) => new Pending(number, call));
      if (!entry) {
        call.fail(new ServiceError('unavailable', 'Too many calls to a peer are under way.'));
        return;
      }
      deadlines.add(entry);
      call.release = () => {
        letGo(entry);
      };
      queue.push(entry);
      backlogBytes += costOf(call);
      outbox.poke();
    },
    receive: (message) => {
      try {
        eachFrame(message, onFrame);
      } catch {
        stream.destroy();
      }
    },
    retire,
    ended: () => {
      isOpen = false;
      clearInterval(renewal);
      outbox.close();
      const left = pending.removeAll();
      queue = [];
      for (const entry of left) {
        deadlines.remove(entry);
        entry.call.release = undefined;
      }
      return left.map(({ call }) => call);
    },
  };
}

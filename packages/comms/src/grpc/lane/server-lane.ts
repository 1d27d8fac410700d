import type { ServicePrincipal, ServiceVerifier } from '../../auth/index.js';
import { ServiceError } from '../../errors/index.js';
import { priorities } from '../../resilience/index.js';
import type { Perform, Running } from '../perform.js';
import type { ServerMethod } from '../server-method.js';
import { createAnswers } from './answers.js';
import { readCall } from './call-frame.js';
import { createOutbox } from './outbox.js';
import { chunkBytes, eachFrame, frameKinds } from './protocol.js';
import { createSlots } from './slots.js';
import { bytesOfFailure, bytesOfTexts, noTexts, textsOfBytes, type Texts } from './texts.js';

/** The server's side of the stream below a lane. */
export interface ServerStream {
  write(message: Buffer, done: () => void): void;
  pause(): void;
  resume(): void;
  /** Ends the stream; with a status where something was wrong. */
  end(error?: ServiceError): void;
}

export interface ServerLaneOptions {
  readonly stream: ServerStream;
  /** Whose lane it is, until its token lapses. */
  readonly peer: ServicePrincipal;
  readonly verifyService: ServiceVerifier;
  readonly methodAt: (path: string) => ServerMethod | undefined;
  readonly perform: Perform;
  readonly onEnded: () => void;
}

/** The server's end of a lane. */
export interface ServerLane {
  receive(message: Buffer): void;
  /** The client sends no more; the lane ends when the calls under way have. */
  inputEnded(): void;
  /** The stream is gone: whatever runs for it is cancelled. */
  gone(): void;
  /** Asks the client to go elsewhere with new calls. */
  goAway(): void;
  readonly size: { readonly calls: number; readonly bytes: number };
}

const pauseAboveBytes = 1024 * 1024;
const resumeBelowBytes = 256 * 1024;
/** Large answers kept for a reader that does not read: more work for it is refused, before it is done. */
const mostHeldBytes = 32 * 1024 * 1024;
const mostCalls = 4096;
const mostMethods = 4096;
const noBytes = Buffer.alloc(0);

export function createServerLane(options: ServerLaneOptions): ServerLane {
  const { stream, perform } = options;
  const calls = createSlots<Running>(false);
  const methods = new Map<number, ServerMethod | string>();
  const answers = createAnswers();
  let peer = options.peer;
  let lapse: NodeJS.Timeout | undefined;
  let isPaused = false;
  let isInputOver = false;
  let isOver = false;

  const take = () => {
    const message = answers.take();
    if (isPaused && answers.waitingBytes < resumeBelowBytes) {
      isPaused = false;
      stream.resume();
    }
    return message;
  };
  const outbox = createOutbox({
    take,
    write: stream.write,
    end: () => {
      over();
      stream.end();
    },
  });

  const over = () => {
    if (isOver) return;
    isOver = true;
    clearTimeout(lapse);
    outbox.close();
    for (const call of calls.removeAll()) call.cancel();
    options.onEnded();
  };
  const drop = (error: ServiceError) => {
    if (isOver) return;
    over();
    stream.end(error);
  };
  const expectToken = () => {
    clearTimeout(lapse);
    const lapsed = () => {
      drop(new ServiceError('unauthenticated', 'The service token of this lane has lapsed.'));
    };
    lapse = setTimeout(lapsed, Math.max(0, peer.expiresAtMs - Date.now())).unref();
  };
  expectToken();

  const renew = async (token: string) => {
    try {
      const renewed = await options.verifyService(token);
      if (renewed.service !== peer.service)
        throw new ServiceError('unauthenticated', 'The token names another service than this lane is for.');
      peer = renewed;
      if (!isOver) expectToken();
    } catch (error) {
      drop(ServiceError.from(error));
    }
  };

  const send = (kind: number, call: number, body: Buffer) => {
    answers.add({ kind, call, body });
    if (!isPaused && answers.waitingBytes > pauseAboveBytes) {
      isPaused = true;
      stream.pause();
    }
    outbox.poke();
  };
  const refuse = (number: number, error: ServiceError) => {
    send(frameKinds.failure, number, bytesOfFailure(error));
  };
  const finished = (
    number: number,
    { error, response, trailers }: { error: ServiceError | undefined; response: Buffer; trailers: Texts },
  ) => {
    if (trailers !== noTexts) send(frameKinds.trailers, number, bytesOfTexts(trailers));
    if (error) refuse(number, error);
    else if (response.length <= chunkBytes) send(frameKinds.answer, number, response);
    else answers.addLarge(number, response);
    outbox.poke();
    endIfDone();
  };
  const endIfDone = () => {
    if (isInputOver && calls.size === 0 && !isOver) outbox.end();
  };

  const begin = (number: number, body: Buffer) => {
    const call = readCall(body);
    const method = methods.get(call.method);
    if (typeof method !== 'object') {
      refuse(number, new ServiceError('unimplemented', `There is no method ${method ?? 'of this number'}.`));
      return;
    }
    if (calls.size >= mostCalls || answers.heldBytes > mostHeldBytes) {
      refuse(number, new ServiceError('too_many_requests', 'Read the answers to the calls before.'));
      return;
    }
    const state = { isBeginning: true, isFinished: false };
    const running = perform(
      method,
      {
        request: call.request,
        traceparent: call.traceparent === '' ? undefined : call.traceparent,
        remainingMs: call.timeoutMs,
        priority: priorities[call.priority] ?? 'browse',
        metadata: textsOfBytes(call.metadata),
        peer,
      },
      (error, response, trailers) => {
        state.isFinished = true;
        // A cancelled call is no longer among them, and nobody reads what it ended with.
        if (state.isBeginning || calls.remove(number)) finished(number, { error, response, trailers });
      },
    );
    state.isBeginning = false;
    if (!state.isFinished && !calls.put(number, running)) {
      running.cancel();
      throw new RangeError('A call of the lane has the number of another.');
    }
  };
  const name = (number: number, path: string) => {
    if (methods.size >= mostMethods) throw new RangeError('The lane names too many methods.');
    methods.set(number, options.methodAt(path) ?? path);
  };
  const cancel = (number: number) => {
    answers.drop(number);
    const running = calls.remove(number);
    if (!running) return;
    running.cancel();
    endIfDone();
  };
  const onFrame = (kind: number, call: number, body: Buffer) => {
    if (isOver) return;
    if (kind === frameKinds.call) begin(call, body);
    else if (kind === frameKinds.cancel) cancel(call);
    else if (kind === frameKinds.credit) {
      answers.grant(call, body.readUInt32BE(0));
      outbox.poke();
    } else if (kind === frameKinds.method) name(call, body.toString());
    else if (kind === frameKinds.token) void renew(body.toString());
  };

  return {
    get size() {
      return { calls: calls.size, bytes: answers.waitingBytes + answers.heldBytes };
    },
    receive: (message) => {
      try {
        eachFrame(message, onFrame);
      } catch (error) {
        drop(new ServiceError('invalid_argument', 'The lane sent what is no frame.', { cause: error }));
      }
    },
    inputEnded: () => {
      isInputOver = true;
      endIfDone();
    },
    gone: over,
    goAway: () => {
      if (!isOver) send(frameKinds.goAway, 0, noBytes);
    },
  };
}

import type { ServerDuplexStream } from '@grpc/grpc-js';
import { assertCertified, type RefusalLog, type ServiceVerifier } from '../../auth/index.js';
import { ServiceError, toGrpcStatus } from '../../errors/index.js';
import { identity } from '../definition.js';
import { metadataOf, textOf } from '../metadata.js';
import type { Perform } from '../perform.js';
import type { ServerMethod } from '../server-method.js';
import { certifiedPeerOf } from '../tls.js';
import { lanePath } from './protocol.js';
import { createServerLane, type ServerLane, type ServerStream } from './server-lane.js';

type Stream = ServerDuplexStream<Buffer, Buffer>;

export interface LaneDoor {
  /** What the gRPC server needs to know of the lane's one method. */
  readonly definition: Record<'open', object>;
  readonly implementation: { open(stream: Stream): void };
  /** Asks every client to go elsewhere with new calls. */
  goAway(): void;
  readonly lanes: ReadonlySet<ServerLane>;
}

export interface LaneDoorDeps {
  readonly verifyService: ServiceVerifier;
  readonly methodAt: (path: string) => ServerMethod | undefined;
  readonly perform: Perform;
  readonly refusals: RefusalLog;
}

/** Takes lanes in, on the same server and port as plain calls. */
export function createLaneDoor(deps: LaneDoorDeps): LaneDoor {
  const lanes = new Set<ServerLane>();
  let isClosing = false;

  const open = async (call: Stream) => {
    const stream = streamOf(call);
    const client = { isGone: false };
    let lane: ServerLane | undefined;
    call.on('cancelled', () => {
      client.isGone = true;
      lane?.gone();
    });
    try {
      const token = textOf(call.metadata, 'authorization')?.replace(/^Bearer /i, '');
      if (token === undefined) throw new ServiceError('unauthenticated', 'A service token is needed.');
      const peer = assertCertified(await deps.verifyService(token), certifiedPeerOf(call));
      if (client.isGone) return;
      const opened = createServerLane({
        ...deps,
        stream,
        peer,
        onEnded: () => {
          if (lane) lanes.delete(lane);
        },
      });
      lane = opened;
      lanes.add(opened);
      if (isClosing) opened.goAway();
      call.on('end', opened.inputEnded);
      call.on('data', opened.receive);
    } catch (reason) {
      const error = ServiceError.from(reason);
      deps.refusals.refused({ method: lanePath, caller: undefined, error });
      stream.end(error);
    }
  };
  return {
    lanes,
    definition: {
      open: {
        path: lanePath,
        requestStream: true,
        responseStream: true,
        requestSerialize: identity,
        requestDeserialize: identity,
        responseSerialize: identity,
        responseDeserialize: identity,
      },
    },
    implementation: {
      open: (stream) => {
        void open(stream);
      },
    },
    goAway: () => {
      isClosing = true;
      for (const lane of lanes) lane.goAway();
    },
  };
}

const streamOf = (call: Stream): ServerStream => ({
  write: (message, done) => {
    call.write(message, done);
  },
  pause: () => {
    call.pause();
  },
  resume: () => {
    call.resume();
  },
  end: (error) => {
    if (!error) {
      call.end();
      return;
    }
    const { code, details, metadata } = toGrpcStatus(error);
    // grpc-js takes an error event for the status to end with.
    call.emit('error', { code, details, metadata: metadataOf(metadata) });
  },
});

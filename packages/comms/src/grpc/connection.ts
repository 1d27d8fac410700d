import {
  Client,
  connectivityState,
  Metadata,
  status,
  type ChannelCredentials,
  type ChannelOptions,
  type ServiceError as GrpcError,
} from '@grpc/grpc-js';
import { errorCodeKey, ServiceError } from '../errors/index.js';
import { clientOptions } from './channel-options.js';
import { identity } from './definition.js';
import { createClientLane, type ClientLane } from './lane/client-lane.js';
import { chunkBytes, lanePath } from './lane/protocol.js';
import type { OutgoingCall } from './outgoing-call.js';
import { failureOf, startUnary } from './unary-client.js';

/** The way to one endpoint: a channel, and on it a lane where the peer has one. */
export interface Connection {
  start(call: OutgoingCall): void;
  /** No new calls; those under way end by themselves. */
  close(): void;
  readonly size: { readonly calls: number; readonly queued: number };
}

const connectWithinMs = 1000;

export interface ConnectionDeps {
  /** The service token of the moment. */
  readonly token: () => string;
  /** False sends every call by itself. */
  readonly useLane: boolean;
  readonly security: { readonly credentials: ChannelCredentials; readonly options: ChannelOptions };
}

export function createConnection(target: string, deps: ConnectionDeps): Connection {
  const { security } = deps;
  const channel = new Client(target, security.credentials, { ...clientOptions, ...security.options });
  const lanes = new Set<ClientLane>();
  let lane: ClientLane | undefined;
  let isPlain = !deps.useLane;
  let isClosed = false;

  const openLane = (): ClientLane => {
    const metadata = new Metadata();
    metadata.set('authorization', `Bearer ${deps.token()}`);
    const stream = channel.makeBidiStreamRequest(lanePath, identity, identity, metadata);
    const opened = createClientLane({
      token: deps.token,
      stream: {
        write: (message, done) => {
          stream.write(message, done);
        },
        end: () => {
          stream.end();
        },
        destroy: () => {
          stream.cancel();
        },
      },
      onRetired: () => {
        if (lane === opened) lane = undefined;
      },
    });
    lanes.add(opened);
    stream.on('data', opened.receive);
    stream.on('error', (error: GrpcError) => {
      ended(opened, error);
    });
    stream.on('end', () => {
      ended(opened, undefined);
    });
    retireWithTransport(opened, () => {
      stream.cancel();
    });
    return opened;
  };
  const ended = (which: ClientLane, error: GrpcError | undefined) => {
    if (lane === which) lane = undefined;
    if (!lanes.delete(which)) return;
    const left = which.ended();
    // A peer without lanes has done nothing with what was sent to it.
    if (error?.code === status.UNIMPLEMENTED && error.metadata.get(errorCodeKey).length === 0) {
      isPlain = true;
      for (const call of left) startUnary(channel, deps.token(), call);
    } else {
      const failure = laneFailure(error);
      for (const call of left) call.fail(failure);
    }
    closeIfIdle();
  };
  /** The transport below will go (the server drains, or has reached its age): new calls take the next one. */
  const retireWithTransport = (which: ClientLane, giveUp: () => void) => {
    let wasReady = false;
    // Where nobody lives any more nobody refuses either: the calls go elsewhere, instead of waiting for their deadline.
    const connecting = setTimeout(() => {
      if (lanes.has(which)) giveUp();
    }, connectWithinMs).unref();
    const watch = () => {
      if (isClosed || !lanes.has(which)) return;
      const state = channel.getChannel().getConnectivityState(false);
      if (wasReady && state !== connectivityState.READY) {
        which.retire();
        return;
      }
      if (state === connectivityState.READY) {
        wasReady = true;
        clearTimeout(connecting);
      }
      channel.getChannel().watchConnectivityState(state, Infinity, watch);
    };
    watch();
  };
  const closeIfIdle = () => {
    if (isClosed && lanes.size === 0) channel.close();
  };

  return {
    get size() {
      const sizes = [...lanes].map(({ size }) => size);
      return {
        calls: sizes.reduce((sum, { calls }) => sum + calls, 0),
        queued: sizes.reduce((sum, { queued }) => sum + queued, 0),
      };
    },
    start: (call) => {
      if (isPlain || call.facts.request.length > chunkBytes) {
        startUnary(channel, deps.token(), call);
        return;
      }
      lane ??= openLane();
      lane.start(call);
    },
    close: () => {
      if (isClosed) return;
      isClosed = true;
      for (const each of [...lanes]) each.retire();
      closeIfIdle();
    },
  };
}

/** What befell the calls of a lane that broke: its status says so only where it is of our making. */
function laneFailure(error: GrpcError | undefined): ServiceError {
  if (error && error.metadata.get(errorCodeKey).length > 0) return failureOf(error);
  return new ServiceError('unavailable', 'A peer ended before it answered.', { cause: error });
}

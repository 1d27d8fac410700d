import { Client, credentials, Metadata, type ServiceError as GrpcError } from '@grpc/grpc-js';
import { writeCall, callFrameBytes } from '../grpc/lane/call-frame.js';
import { eachFrame, frameKinds, frameOf, lanePath, type Frame } from '../grpc/lane/protocol.js';

/** The client's end of a lane, frame by frame: what a peer of another make may send. */
export interface RawLane {
  /** Everything that came, in order. */
  readonly frames: readonly Frame[];
  /** How the stream ended: the status' number. */
  readonly ended: Promise<number>;
  send(...frames: readonly Buffer[]): void;
  /** No more frames to come. */
  end(): void;
  close(): void;
}

export const askNumber = 1;

/** Names the toy's `Ask` by `askNumber`. */
export const nameAsk = (): Buffer =>
  frameOf(frameKinds.method, askNumber, Buffer.from('/toy.v1.ToyService/Ask'));

/** A call of `Ask` with a text shorter than 128 bytes. */
export function askFrame(number: number, text: string, timeoutMs = 10_000): Buffer {
  const request = Buffer.concat([Buffer.from([10, Buffer.byteLength(text)]), Buffer.from(text)]);
  const call = {
    number,
    method: askNumber,
    priority: 2,
    timeoutMs,
    traceparent: '',
    metadata: Buffer.alloc(0),
    request,
  };
  const frame = Buffer.alloc(callFrameBytes(call));
  writeCall(frame, 0, call);
  return frame;
}

export function openRawLane(port: number, token: string | undefined): RawLane {
  const client = new Client(`ipv4:127.0.0.1:${String(port)}`, credentials.createInsecure());
  const metadata = new Metadata();
  if (token !== undefined) metadata.set('authorization', `Bearer ${token}`);
  const same = (bytes: Buffer) => bytes;
  const stream = client.makeBidiStreamRequest(lanePath, same, same, metadata);
  const frames: Frame[] = [];
  stream.on('data', (message: Buffer) => {
    eachFrame(message, (kind, call, body) => {
      frames.push({ kind, call, body });
    });
  });
  const ended = new Promise<number>((resolve) => {
    stream.on('error', (error: GrpcError) => {
      resolve(error.code);
    });
    stream.on('end', () => {
      resolve(0);
    });
  });
  return {
    frames,
    ended,
    send: (...each) => {
      stream.write(Buffer.concat(each));
    },
    end: () => {
      stream.end();
    },
    close: () => {
      stream.cancel();
      client.close();
    },
  };
}

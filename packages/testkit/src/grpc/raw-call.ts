import { connect, type SecureClientSessionOptions } from 'node:http2';
import { once } from 'node:events';

export interface RawGrpcCall {
  /** `host:port`. */
  readonly address: string;
  /** Such as `/souk.product.v1.ProductService/GetProduct`. */
  readonly path: string;
  /** The protobuf message, well-formed or not. */
  readonly message: Buffer;
  readonly headers?: Readonly<Record<string, string>>;
  /** Given: by TLS, with these options. */
  readonly tls?: SecureClientSessionOptions | undefined;
}

export interface RawGrpcAnswer {
  /** https://grpc.github.io/grpc/core/md_doc_statuscodes.html */
  readonly status: number;
  readonly details: string;
  readonly message: Buffer | undefined;
}

/**
 * One unary call by the wire protocol alone, so that a test may send what no client library would: no deadline, a
 * message that is none.
 */
export async function rawGrpcCall(call: RawGrpcCall): Promise<RawGrpcAnswer> {
  const session = call.tls ? connect(`https://${call.address}`, call.tls) : connect(`http://${call.address}`);
  try {
    const stream = session.request({
      ':method': 'POST',
      ':path': call.path,
      'content-type': 'application/grpc',
      te: 'trailers',
      ...call.headers,
    });
    const trailers = new Map<string, string>();
    const keep = (headers: object): void => {
      for (const [name, value] of Object.entries(headers)) trailers.set(name, String(value));
    };
    stream.on('response', keep);
    stream.on('trailers', keep);
    const chunks: Buffer[] = [];
    stream.on('data', (chunk: Buffer) => void chunks.push(chunk));
    stream.end(framed(call.message));
    await once(stream, 'end');
    const frame = Buffer.concat(chunks);
    return {
      status: Number(trailers.get('grpc-status')),
      details: decodeURIComponent(trailers.get('grpc-message') ?? ''),
      message: frame.length < 5 ? undefined : frame.subarray(5),
    };
  } finally {
    session.close();
  }
}

/** https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md: a flag, the length, the message. */
function framed(message: Buffer): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt32BE(message.length, 1);
  return Buffer.concat([head, message]);
}

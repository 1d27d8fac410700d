import type { Metadata } from '@grpc/grpc-js';
import { status, type Client, type ServiceError as GrpcError } from '@grpc/grpc-js';
import { errorCodeKey, fromGrpcStatus, ServiceError } from '../errors/index.js';
import { priorities, priorityKey } from '../resilience/index.js';
import { identity } from './definition.js';
import { noTexts, type Texts } from './lane/texts.js';
import { metadataOf } from './metadata.js';
import type { OutgoingCall } from './outgoing-call.js';

/** Sends a call by itself, as any gRPC client does. */
export function startUnary(channel: Client, token: string, call: OutgoingCall): void {
  const { path, request, untilMs, traceparent, priority, metadata } = call.facts;
  const sent = metadataOf(metadata);
  sent.set('authorization', `Bearer ${token}`);
  sent.set('traceparent', traceparent);
  sent.set(priorityKey, priorities[priority] ?? 'browse');
  const stream = channel.makeUnaryRequest(
    path,
    identity,
    identity,
    request,
    sent,
    { deadline: untilMs },
    (error, response) => {
      if (error) call.fail(failureOf(error));
      else answered = response ?? Buffer.alloc(0);
    },
  );
  let answered: Buffer | undefined;
  // The status comes after the answer and brings the trailers.
  stream.on('status', (ended) => {
    call.release = undefined;
    if (answered) call.succeed(answered, textsOfTrailers(ended.metadata));
  });
  call.release = () => {
    stream.cancel();
  };
}

function textsOfTrailers(metadata: Metadata): Texts {
  const map = metadata.getMap();
  for (const _ in map) return textsOf(map);
  return noTexts;
}

const textsOf = (map: Readonly<Record<string, string | Buffer>>): Texts =>
  Object.fromEntries(Object.entries(map).map(([key, value]) => [key, String(value)]));

/** The error that a status stands for, with our own code where the peer sent one. */
export function failureOf(error: GrpcError): ServiceError {
  const metadata = textsOf(error.metadata.getMap());
  // We tell our own cancellations apart: a status without a code of ours says that the peer cut the call off while it
  // was going away.
  if (error.code === status.CANCELLED && metadata[errorCodeKey] === undefined)
    return new ServiceError('unavailable', 'A peer ended before it answered.', { cause: error });
  return fromGrpcStatus({ code: error.code, details: error.details, metadata }, error);
}

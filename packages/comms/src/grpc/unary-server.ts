import { Metadata, type sendUnaryData, type ServerUnaryCall } from '@grpc/grpc-js';
import { assertCertified, type ServiceVerifier } from '../auth/index.js';
import { ServiceError, toGrpcStatus } from '../errors/index.js';
import { priorityKey } from '../resilience/index.js';
import { noTexts, type Texts } from './lane/texts.js';
import { metadataOf, priorityOf, textOf, textsOfMetadata } from './metadata.js';
import type { Incoming } from './perform.js';
import { certifiedPeerOf } from './tls.js';

/** For calls whose caller set no deadline. */
export const defaultDeadlineMs = 5000;

export function incomingOf(call: ServerUnaryCall<Buffer, Buffer>, verifyService: ServiceVerifier): Incoming {
  const { metadata, request } = call;
  return {
    request,
    traceparent: textOf(metadata, 'traceparent'),
    remainingMs: remainingOf(call),
    priority: priorityOf(textOf(metadata, priorityKey)),
    metadata: textsOfMetadata(metadata),
    peer: async () => {
      const token = textOf(metadata, 'authorization')?.replace(/^Bearer /i, '');
      if (token === undefined) throw new ServiceError('unauthenticated', 'A service token is needed.');
      return assertCertified(await verifyService(token), certifiedPeerOf(call));
    },
  };
}

export function answerUnary(
  answer: sendUnaryData<Buffer>,
  outcome: { error: ServiceError | undefined; response: Buffer; trailers: Texts },
): void {
  const { error, response, trailers } = outcome;
  if (error) {
    const { code, details, metadata } = toGrpcStatus(error);
    // Our numbers are gRPC's own: the table of codes is the one place that names them.
    // eslint-disable-next-line @typescript-eslint/no-unsafe-enum-assignment
    answer({ code, details, metadata: metadataOf({ ...trailers, ...metadata }) }, null);
  } else answer(null, response, trailers === noTexts ? new Metadata() : metadataOf(trailers));
}

function remainingOf(call: ServerUnaryCall<Buffer, Buffer>): number {
  const deadline = call.getDeadline();
  const at = typeof deadline === 'number' ? deadline : deadline.getTime();
  return Number.isFinite(at) ? at - Date.now() : defaultDeadlineMs;
}

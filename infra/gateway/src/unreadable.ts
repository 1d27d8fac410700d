import type { Socket } from 'node:net';
import { problemContentType, ServiceError, toProblem } from '@souk/comms/errors';
import { newTraceId } from '@souk/comms/telemetry';

/** What is not HTTP has no request to answer to: the socket gets the problem, and ends. */
export function refuseUnreadable(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || socket.destroyed) return;
  const refusal =
    error.code === 'HPE_HEADER_OVERFLOW'
      ? new ServiceError('headers_too_large', 'The headers are larger than the gateway takes.')
      : new ServiceError('invalid_argument', 'The request could not be read.');
  const problem = toProblem(refusal, { instance: '/', traceId: newTraceId() });
  const body = JSON.stringify(problem);
  socket.end(
    [
      `HTTP/1.1 ${String(problem.status)} ${problem.title}`,
      `content-type: ${problemContentType}`,
      `content-length: ${String(Buffer.byteLength(body))}`,
      'connection: close',
      '',
      body,
    ].join('\r\n'),
  );
}

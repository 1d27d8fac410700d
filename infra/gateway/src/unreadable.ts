import type { Socket } from 'node:net';
import { problemContentType, ServiceError, toProblem } from '@souk/comms/errors';
import { newTraceId } from '@souk/comms/telemetry';

/** What is not HTTP, or does not come to its end, has no request to answer to: the socket gets the problem, and ends. */
export function refuseUnreadable(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || socket.destroyed) return;
  const refusal = refusalOf(error.code);
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

function refusalOf(code: string | undefined): ServiceError {
  if (code === 'HPE_HEADER_OVERFLOW')
    return new ServiceError('headers_too_large', 'The headers are larger than the gateway takes.');
  const what = code === 'ERR_HTTP_REQUEST_TIMEOUT' ? 'did not come in full in time' : 'could not be read';
  return new ServiceError('invalid_argument', `The request ${what}.`);
}

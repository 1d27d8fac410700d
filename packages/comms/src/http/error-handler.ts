import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import {
  problemContentType,
  retryAfterOf,
  ServiceError,
  toProblem,
  type ErrorCode,
} from '../errors/index.js';
import type { Logger } from '../telemetry/index.js';
import { issuesOf } from './validation.js';

const fastifyCodes: Readonly<Record<string, [ErrorCode, string]>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: ['payload_too_large', 'The body is larger than this route takes.'],
  FST_ERR_CTP_INVALID_MEDIA_TYPE: ['unsupported_media_type', 'Send the body as application/json.'],
  FST_ERR_CTP_EMPTY_JSON_BODY: ['invalid_argument', 'The body is empty: send JSON.'],
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: ['invalid_argument', 'Content-Length does not fit the body.'],
  FST_ERR_CTP_INVALID_JSON_BODY: ['invalid_argument', 'The body is not valid JSON.'],
};

export function errorHandlerFor(logger: Logger) {
  return (reason: FastifyError, request: FastifyRequest, reply: FastifyReply): void => {
    const error = errorOf(reason);
    if (error.code === 'internal') {
      logger.error({ err: error.cause ?? error, route: request.routeOptions.url }, 'request failed');
    }
    sendProblem(request, reply, error);
  };
}

export function sendProblem(request: FastifyRequest, reply: FastifyReply, error: ServiceError): void {
  const path = request.url.split('?', 1)[0] ?? '/';
  const problem = toProblem(error, { instance: path, traceId: request.call.trace.traceId });
  const retryAfter = retryAfterOf(error);
  if (retryAfter !== undefined) void reply.header('retry-after', String(retryAfter));
  if (error.code === 'unauthenticated') void reply.header('www-authenticate', 'Bearer');
  void reply
    .code(problem.status)
    .header('content-type', problemContentType)
    .serializer((body: unknown) => JSON.stringify(body))
    .send(problem);
}

function errorOf(reason: FastifyError): ServiceError {
  if (reason.validation) {
    return new ServiceError('invalid_argument', 'The request does not fit its schema: see errors.', {
      issues: issuesOf(reason.validation),
    });
  }
  const mapped = fastifyCodes[reason.code];
  if (mapped) return new ServiceError(mapped[0], mapped[1], { cause: reason });
  if (reason instanceof SyntaxError || (reason.statusCode !== undefined && reason.statusCode < 500)) {
    return new ServiceError('invalid_argument', 'The request could not be read.', { cause: reason });
  }
  return ServiceError.from(reason);
}

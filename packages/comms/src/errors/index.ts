export { errorCodes, isErrorCode, type ErrorCode, type ErrorCodeFacts } from './codes.js';
export { ServiceError, type Issue, type ServiceErrorOptions } from './service-error.js';
export { codeOfHttpStatus, problemContentType, retryAfterOf, toProblem, type Problem } from './problem.js';
export { errorCodeKey, fromGrpcStatus, toGrpcStatus, type GrpcStatus } from './grpc-status.js';
export { deadLetterHeadersOf, poisonClassOf, type PoisonClass } from './dead-letter.js';

/**
 * The closed list of error codes. Each says how it looks over HTTP (RFC 9457) and gRPC, and whether the very same
 * request may succeed when it is sent again (`retryable`).
 */
export const errorCodes = {
  invalid_argument: { http: 400, grpc: 3, title: 'The request is not valid', retryable: false },
  idempotency_key_missing: { http: 400, grpc: 3, title: 'An Idempotency-Key is needed', retryable: false },
  unauthenticated: { http: 401, grpc: 16, title: 'Authentication is needed', retryable: false },
  permission_denied: { http: 403, grpc: 7, title: 'Not allowed', retryable: false },
  not_found: { http: 404, grpc: 5, title: 'Not found', retryable: false },
  method_not_allowed: { http: 405, grpc: 12, title: 'Method not allowed', retryable: false },
  already_exists: { http: 409, grpc: 6, title: 'It exists already', retryable: false },
  conflict: { http: 409, grpc: 9, title: 'In conflict with the present state', retryable: false },
  out_of_stock: { http: 409, grpc: 9, title: 'Not enough in stock', retryable: false },
  in_flight: { http: 409, grpc: 10, title: 'The same request is still being worked on', retryable: true },
  precondition_failed: { http: 412, grpc: 9, title: 'Changed meanwhile', retryable: false },
  payload_too_large: { http: 413, grpc: 8, title: 'Too large', retryable: false },
  unsupported_media_type: { http: 415, grpc: 3, title: 'Media type not supported', retryable: false },
  unprocessable: { http: 422, grpc: 9, title: 'Understood but not possible', retryable: false },
  idempotency_key_reused: {
    http: 422,
    grpc: 9,
    title: 'This Idempotency-Key belongs to another request',
    retryable: false,
  },
  precondition_required: { http: 428, grpc: 9, title: 'A precondition is needed', retryable: false },
  too_many_requests: { http: 429, grpc: 8, title: 'Too many requests', retryable: true },
  headers_too_large: { http: 431, grpc: 8, title: 'Headers too large', retryable: false },
  cancelled: { http: 499, grpc: 1, title: 'The caller went away', retryable: false },
  internal: { http: 500, grpc: 13, title: 'Something went wrong on our side', retryable: false },
  unimplemented: { http: 501, grpc: 12, title: 'Not implemented', retryable: false },
  bad_gateway: { http: 502, grpc: 14, title: 'The service behind did not answer properly', retryable: true },
  unavailable: { http: 503, grpc: 14, title: 'Not available at the moment', retryable: true },
  deadline_exceeded: { http: 504, grpc: 4, title: 'Out of time', retryable: true },
} as const satisfies Record<string, ErrorCodeFacts>;

export interface ErrorCodeFacts {
  readonly http: number;
  readonly grpc: number;
  readonly title: string;
  readonly retryable: boolean;
}

export type ErrorCode = keyof typeof errorCodes;

export const isErrorCode = (value: unknown): value is ErrorCode =>
  typeof value === 'string' && Object.hasOwn(errorCodes, value);

/** An answer of the gateway that is no success. */
export class ShopError extends Error {
  override readonly name = 'ShopError';
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string, detail: string) {
    super(detail);
    this.status = status;
    this.code = code;
  }
}

export interface ShopRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly token?: string;
  readonly body?: unknown;
  readonly idempotencyKey?: string;
  readonly traceparent?: string;
}

/** The public API as a customer's program would call it. @throws ShopError for an answer that is no success */
export async function callShop<T>(url: string, request: ShopRequest): Promise<T> {
  const response = await fetch(`${url}${request.path}`, {
    method: request.method,
    headers: {
      accept: 'application/json',
      ...(request.body === undefined ? {} : { 'content-type': 'application/json' }),
      ...(request.token === undefined ? {} : { authorization: `Bearer ${request.token}` }),
      ...(request.idempotencyKey === undefined ? {} : { 'idempotency-key': request.idempotencyKey }),
      ...(request.traceparent === undefined ? {} : { traceparent: request.traceparent }),
    },
    ...(request.body === undefined ? {} : { body: JSON.stringify(request.body) }),
  });
  const text = await response.text();
  const body: unknown = text === '' ? undefined : JSON.parse(text);
  if (response.ok) return body as T;
  const { code = 'unknown', detail = text } = (body ?? {}) as { code?: string; detail?: string };
  throw new ShopError(response.status, code, detail);
}

/** @returns an access token */
export async function signIn(url: string, email: string, password: string): Promise<string> {
  const session = await callShop<{ accessToken: string }>(url, {
    method: 'POST',
    path: '/api/sessions',
    body: { email, password },
  });
  return session.accessToken;
}

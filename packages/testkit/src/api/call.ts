/** A request as a client of the gateway would send it. */
export interface ApiRequest {
  readonly token?: string | undefined;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** Sent as it is, in place of `body`; says its content type itself. */
  readonly raw?: { readonly text: string; readonly type: string };
  readonly idempotencyKey?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** How long to wait for the answer; as long as it takes unless said. */
  readonly withinMs?: number;
}

export interface ApiAnswer<T = unknown> {
  readonly status: number;
  readonly headers: Headers;
  /** Parsed where it is JSON, otherwise the text; undefined when empty. */
  readonly body: T;
}

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** Sends a request and reads the whole answer, whatever its status. @param target such as `GET /api/products` */
export async function call<T = unknown>(
  url: string,
  target: `${Method} ${string}`,
  request: ApiRequest = {},
): Promise<ApiAnswer<T>> {
  const [method = 'GET', path = '/'] = target.split(' ', 2);
  const body = request.raw?.text ?? (request.body === undefined ? undefined : JSON.stringify(request.body));
  const type = request.raw?.type ?? (body === undefined ? undefined : 'application/json');
  const response = await fetch(`${url}${path}`, {
    method,
    redirect: 'manual',
    headers: {
      ...(type === undefined ? {} : { 'content-type': type }),
      ...(request.token === undefined ? {} : { authorization: `Bearer ${request.token}` }),
      ...(request.idempotencyKey === undefined ? {} : { 'idempotency-key': request.idempotencyKey }),
      ...request.headers,
    },
    ...(body === undefined ? {} : { body }),
    ...(request.withinMs === undefined ? {} : { signal: AbortSignal.timeout(request.withinMs) }),
  });
  const text = await response.text();
  const isJson = /\bjson\b/.test(response.headers.get('content-type') ?? '');
  const parsed: unknown = text === '' ? undefined : isJson ? JSON.parse(text) : text;
  return { status: response.status, headers: response.headers, body: parsed as T };
}

/** `call` for an answer that has to be of one status. @throws with the answer when it is of another */
export async function expectStatus<T>(status: number, answer: Promise<ApiAnswer<T>>): Promise<ApiAnswer<T>> {
  const got = await answer;
  if (got.status !== status)
    throw new Error(`Expected ${String(status)}, got ${String(got.status)}: ${textOf(got)}`);
  return got;
}

/** An answer's body for the eyes of whoever reads a failure. */
export const textOf = (answer: ApiAnswer): string =>
  (typeof answer.body === 'string' ? answer.body : JSON.stringify(answer.body ?? '')).slice(0, 800);

import { call, expectStatus, type Method } from './call.js';

/** A route as the merged API document tells of it. */
export interface DocumentedRoute {
  readonly method: Method;
  /** Such as `/api/users/{id}`. */
  readonly path: string;
  /** Whom the service says it lets in: `public`, `user`, `admin` or `self-authenticated`. */
  readonly access: string;
}

interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, { 'x-access'?: string }>>>>;
}

const methods: readonly Method[] = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'];

/** Every route of /openapi.json. */
export async function documentedRoutes(url: string): Promise<DocumentedRoute[]> {
  const { body } = await expectStatus(200, call<Document>(url, 'GET /openapi.json'));
  return Object.entries(body.paths).flatMap(([path, operations]) =>
    methods.flatMap((method) => {
      const operation = operations[method.toLowerCase()];
      return operation ? [{ method, path, access: operation['x-access'] ?? 'undocumented' }] : [];
    }),
  );
}

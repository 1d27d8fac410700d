import { RegistryError } from '../domain/errors.js';
import type { HttpDeps } from './deps.js';
import type { Handler, Routes } from './exchange.js';

/** Routes that refuse a `?dc=` other than this registry's: there is no other to ask. */
export function inDatacenter({ config }: HttpDeps, routes: Routes): Routes {
  const guarded =
    (handler: Handler): Handler =>
    (exchange) => {
      const asked = exchange.query.get('dc') ?? '';
      if (asked !== '' && asked !== config.datacenter) {
        throw new RegistryError('unavailable', 'No path to datacenter');
      }
      return handler(exchange);
    };
  return Object.fromEntries(
    Object.entries(routes).map(([path, methods]) => [
      path,
      Object.fromEntries(Object.entries(methods).map(([method, handler]) => [method, guarded(handler)])),
    ]),
  );
}

import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import type { HttpServer } from './server.js';

/**
 * OpenAPI 3.1 at /openapi.json and a page to read and try it at /docs.
 * @param document in place of the server's own document, one that describes something else or more
 */
export async function addDocuments(
  server: HttpServer,
  title: string,
  document?: () => Promise<unknown>,
): Promise<void> {
  await server.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: { title, version: '1' },
      components: { securitySchemes: { bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' } } },
    },
    transform: ({ schema, url, route }) => {
      const access = route.config?.access ?? 'user';
      const isOpen = access === 'public' || access === 'self-authenticated';
      const security = isOpen ? [] : [{ bearer: [] }];
      return { schema: { ...schema, security, 'x-access': access } as typeof schema, url };
    },
  });
  await server.register(async (scope) => {
    scope.addHook('onRoute', (route) => {
      route.config = { ...route.config, access: 'public', quiet: true };
    });
    await scope.register(swaggerUi, {
      routePrefix: '/docs',
      staticCSP: true,
      uiConfig: { url: '/openapi.json' },
    });
  });
  server.get('/openapi.json', { config: { access: 'public', quiet: true }, schema: { hide: true } }, () =>
    document ? document() : server.swagger(),
  );
}

/** The OpenAPI document of the server itself, as far as routes are added. */
export const ownDocument = (server: HttpServer): unknown => server.swagger();
